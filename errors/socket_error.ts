import type { Addr } from "./addr.ts";

/** An address as errors carry it: the runtime's own plain shapes. */
export type ErrorAddr = Addr;

/** What is known about a failure when the error for it is made. */
export interface SocketErrorContext {
  /** What could not be done, after "Cannot": `connect to 127.0.0.1:1`. */
  action: string;
  /** The C call that failed, or that the failed call stands for. */
  syscall?: string | undefined;
  /** The number of the code on this OS; looked up from the code if left out. */
  errno?: number | undefined;
  /** The address of the near end, where it is known. */
  localAddr?: ErrorAddr | undefined;
  /** The address of the far end, where it is known. */
  remoteAddr?: ErrorAddr | undefined;
  /** The error of the runtime that this one was made from. */
  cause?: unknown;
}

/** What a {@linkcode SocketError} holds beside its message. */
export interface SocketErrorInit
  extends Partial<Omit<SocketErrorContext, "action">> {}

/** Marks our errors, whatever class of the runtime they extend as well. */
const BRAND = Symbol.for("@berkeley/sockets/SocketError");

/** Gives an error the fields of a `SocketError`, and the brand. */
export function becomeSocketError(
  error: Error,
  code: string,
  init: SocketErrorInit,
): void {
  Object.defineProperty(error, BRAND, { value: true });
  const { cause: _, ...fields } = init;
  setFields(error, { code, ...fields });
}

function setFields(error: Error, fields: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) {
      Object.defineProperty(error, key, {
        value,
        enumerable: true,
        configurable: true,
      });
    }
  }
}

/** Calls of C that prepare a socket for another call: such an error says which. */
const STEPS = new Set<string | undefined>([
  "socket",
  "setsockopt",
  "getsockopt",
]);

/**
 * Adds to an error in place what its caller knows: what could not be done, and the
 * addresses. An error that names an address already stays as it is.
 */
export function addContext(
  error: SocketError,
  { action, syscall, localAddr, remoteAddr, reason }: SocketErrorContext & {
    reason?: string | undefined;
  },
): void {
  const isComplete = error.localAddr !== undefined ||
    error.remoteAddr !== undefined;
  if (isComplete || (localAddr ?? remoteAddr) === undefined) return;
  setFields(error, { localAddr, remoteAddr });
  if (STEPS.has(error.syscall)) return;
  setFields(error, { syscall });
  error.message = error.message.replace(
    /^Cannot .*?: (.*)(?= \([A-Z0-9]+\)$)/,
    (_, state) => `Cannot ${action}: ${reason ?? state}`,
  );
  // The stack begins with the message. It is not read: Deno 2.9 opens files to
  // format one, and panics if no descriptor is left (tests/posix/scarce_test.ts).
  Error.captureStackTrace(error, addContext);
}

/**
 * The one class of failure that sockets have.
 *
 * Codes that callers catch have kinds of their own, such as
 * {@linkcode ConnectionRefusedError}. In Deno each kind also extends the
 * runtime's class for it, so that `error instanceof Deno.errors.ConnectionRefused`
 * holds as it does for errors of `Deno.connect`. Each kind is an instance of
 * `SocketError`.
 *
 * @example Telling failures apart
 * ```ts
 * import { SocketError, socketError } from "@berkeley/sockets/errors";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ECONNREFUSED", {
 *   action: "connect to 127.0.0.1:1",
 *   syscall: "connect",
 * });
 * assertInstanceOf(error, SocketError);
 * assertInstanceOf(error, Deno.errors.ConnectionRefused); // in Deno
 * assertEquals(error.code, "ECONNREFUSED");
 * assertEquals(
 *   error.message,
 *   "Cannot connect to 127.0.0.1:1: connection refused (ECONNREFUSED)",
 * );
 * ```
 */
export class SocketError extends Error {
  /** The name of the class. */
  override name: string = "SocketError";
  /** The symbolic code of `errno.h`, such as `"ECONNREFUSED"`. */
  declare readonly code: string;
  /** The number of the code on this OS, where it has one. */
  declare readonly errno?: number;
  /** The C call that failed, such as `"connect"`. */
  declare readonly syscall?: string;
  /** The address of the near end, where it is known. */
  declare readonly localAddr?: ErrorAddr;
  /** The address of the far end, where it is known. */
  declare readonly remoteAddr?: ErrorAddr;

  /** Makes an error of this code; {@linkcode socketError} also picks the kind. */
  constructor(message: string, code: string, init: SocketErrorInit = {}) {
    super(message, "cause" in init ? { cause: init.cause } : undefined);
    becomeSocketError(this, code, init);
  }

  /**
   * Whether the value is one of our errors, of whichever kind. It is no type
   * predicate, which subclasses would inherit, and so be narrowed to this class.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== SocketError) { // a subclass of a user's own
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
