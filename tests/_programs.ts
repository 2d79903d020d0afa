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

/** Whether OpenSSL is on PATH, and not LibreSSL, which macOS has under its name. */
export function hasOpenSsl(): boolean {
  if (!hasProgram("openssl")) return false;
  const { stdout } = new Deno.Command("openssl", { args: ["version"] })
    .outputSync();
  const version = new TextDecoder().decode(stdout).trim();
  const has = /^OpenSSL [3-9]/.test(version);
  if (!has) console.log(`skipped: OpenSSL 3 is not installed (${version})`);
  return has;
}
