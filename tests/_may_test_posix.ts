/**
 * Whether `posix` is tested. Run as a program, it prints the documents whose
 * examples need it; where it is not tested, one that needs nothing.
 *
 * @module
 */

/** Asks for the tests on a system where some are known to fail. */
const VARIABLE = "TEST_POSIX";

/** Whether `posix` is known to work on this system, or was asked for. */
export function mayTestPosix(): boolean {
  if (Deno.build.os === "linux") return true;
  const { state } = Deno.permissions.querySync({
    name: "env",
    variable: VARIABLE,
  });
  return state === "granted" && Deno.env.get(VARIABLE) === "1";
}

if (import.meta.main) {
  if (mayTestPosix()) console.log("posix docs/phrase_book.md");
  else {
    console.log("mod.ts");
    console.error("skipped: the examples of posix, on this system");
  }
}
