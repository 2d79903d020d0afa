/**
 * Arguments of `deno` for the programs that tests run beside themselves. They
 * run in the root of the repository.
 *
 * @module
 */

/** The flag for the stand-ins of @std, where JSR cannot be reached. */
export const STAND_INS: readonly string[] =
  import.meta.resolve("@std/assert").startsWith("file:")
    ? ["--import-map=offline/imports.json"]
    : [];

/** The arguments before the path of a program that uses a backend. */
export function runArgs(backend: string, ...flags: string[]): string[] {
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-check",
    ...flags,
    ...(backend === "posix" ? ["--allow-ffi"] : []),
    ...STAND_INS,
  ];
}
