import {
  becomeSocketError,
  SocketError,
  type SocketErrorInit,
} from "./socket_error.ts";

/**
 * The class of the socket errors that share one code. Where the runtime has a class
 * for that code, each of them is an instance of both.
 *
 * @example Catching errors by their class
 * ```ts
 * import {
 *   ConnectionRefusedError,
 *   MessageTooLongError,
 *   SocketError,
 *   socketError,
 * } from "@berkeley/sockets/errors";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const refused = socketError("ECONNREFUSED", { action: "connect to [::1]:1" });
 * assertInstanceOf(refused, ConnectionRefusedError);
 * assertInstanceOf(refused, Deno.errors.ConnectionRefused);
 *
 * // The runtime has no class for this one.
 * const tooLong = socketError("EMSGSIZE", { action: "send 70000 bytes" });
 * assertInstanceOf(tooLong, MessageTooLongError);
 * assertInstanceOf(tooLong, SocketError);
 * ```
 */
export interface SocketErrorKind<Base extends Error = Error> {
  /** Makes an error of this kind. */
  new (
    message: string,
    code?: string,
    init?: SocketErrorInit,
  ): SocketError & Base;
  /** What instances of the class inherit. */
  readonly prototype: SocketError & Base;
  /** The codes of `errno.h` that stand for this kind, the usual one first. */
  readonly codes: readonly [string, ...string[]];
}

/** Defines a kind over the runtime's class for it. */
export function defineKind<Base extends Error>(
  name: string,
  Parent: new (message?: string, options?: ErrorOptions) => Base,
  codes: readonly [string, ...string[]],
): SocketErrorKind<Base> {
  class Kind extends (Parent as new (
    message?: string,
    options?: ErrorOptions,
  ) => Error) {
    static readonly codes = codes;
    constructor(message: string, code = codes[0], init: SocketErrorInit = {}) {
      super(message, "cause" in init ? { cause: init.cause } : undefined);
      becomeSocketError(this, code, init);
      this.name = name; // the runtime's constructors set their own
    }
  }
  Object.defineProperty(Kind, "name", { value: name });
  return Kind as unknown as SocketErrorKind<Base>;
}

/** Defines a kind for which the runtime has no class. */
export function definePlainKind(
  name: string,
  codes: readonly [string, ...string[]],
): SocketErrorKind {
  class Kind extends SocketError {
    static readonly codes = codes;
    constructor(message: string, code = codes[0], init: SocketErrorInit = {}) {
      super(message, code, init);
      this.name = name;
    }
  }
  Object.defineProperty(Kind, "name", { value: name });
  return Kind;
}
