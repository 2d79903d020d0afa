/**
 * `Deno.errors` of the tests on Node and Bun, where an error is known by its code.
 *
 * @module
 */

/** A class of errors. */
type ErrorClass = new (message?: string) => Error;

/** Makes a class of the errors of these codes. */
function kind(...codes: string[]): ErrorClass {
  return class extends Error {
    /** Set, as Node's errors have it. */
    code: string | undefined = codes[0];

    static override [Symbol.hasInstance](value: unknown): boolean {
      const isError = value instanceof Error && "code" in value;
      return isError && codes.includes(value.code as string);
    }
  };
}

/** The classes that tests make or look for. */
export const errors: Record<string, ErrorClass> = {
  AddrInUse: kind("EADDRINUSE"),
  BadResource: kind("EBADF"),
  BrokenPipe: kind("EPIPE"),
  ConnectionRefused: kind("ECONNREFUSED"),
  ConnectionReset: kind("ECONNRESET"),
  Interrupted: kind("EINTR"),
  NotFound: kind("ENOENT"),
  TimedOut: kind("ETIMEDOUT"),
};
