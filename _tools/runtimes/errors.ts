/**
 * `Deno.errors` of the tests on Node and Bun, where an error is known by its code.
 *
 * @module
 */

/** A class of errors. */
type ErrorClass = new (message?: string) => Error;

/** Makes a class of the errors whose codes match. A new one has the first code. */
function kind(first: string, codes: RegExp = /^$/): ErrorClass {
  return class extends Error {
    code: string = first;

    static override [Symbol.hasInstance](value: unknown): boolean {
      if (!(value instanceof Error && "code" in value)) return false;
      return value.code === first || codes.test(String(value.code));
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
  InvalidData: kind("EPROTO", /^ECERT|^ETLS(?!TRUNCATED)/),
  NotFound: kind("ENOENT"),
  TimedOut: kind("ETIMEDOUT"),
  UnexpectedEof: kind("EOF", /^ETLSTRUNCATED$/),
};
