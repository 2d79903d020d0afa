/**
 * Programs of other hands that some tests talk to.
 *
 * @module
 */

/** Whether a program is on PATH; says so once where it is not. */
export function hasProgram(name: string): boolean {
  const paths = (Deno.env.get("PATH") ?? "").split(":");
  const found = paths.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${name}`).isFile;
    } catch {
      return false;
    }
  });
  if (!found) console.log(`skipped: ${name} is not installed`);
  return found;
}
