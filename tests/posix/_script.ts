/**
 * Programs of their own, for what cannot be seen from within a test.
 *
 * @module
 */

/** `posix/mod.ts`, for such a program to import. */
export const MOD: string = new URL("../../posix/mod.ts", import.meta.url).href;

/** After which a program is ended that does not end by itself. */
const LONG = 60_000;

/** What a program prints that may use the network and FFI, unless told otherwise. */
export async function runScript(
  script: string,
  flags: string[] = ["--allow-net", "--allow-ffi"],
): Promise<string> {
  const url = `data:application/typescript,${encodeURIComponent(script)}`;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), LONG);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...flags, url],
    env: { NO_COLOR: "1" },
    signal: giveUp.signal,
  }).output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}
