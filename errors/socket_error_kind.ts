import {
  errorClass,
  type ErrorClassName,
} from "../internal/runtime/error_class.ts";
import {
  becomeSocketError,
  SocketError,
  type SocketErrorInit,
} from "./socket_error.ts";

/**
 * The class of the socket errors that share one code. Where Deno has a class for that
 * code, each of them is an instance of both.
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
 * assertInstanceOf(refused, Deno.errors.ConnectionRefused); // in Deno
 *
 * // Deno has no class for this one.
 * const tooLong = socketError("EMSGSIZE", { action: "send 70000 bytes" });
 * assertInstanceOf(tooLong, MessageTooLongError);
 * assertInstanceOf(tooLong, SocketError);
 * ```
 */
export interface SocketErrorKind {
  /** Makes an error of this kind. */
  new (
    message: string,
    code?: string,
    init?: SocketErrorInit,
  ): SocketError;
  /** What instances of the class inherit. */
  readonly prototype: SocketError;
  /** The codes of `errno.h` that stand for this kind, the usual one first. */
  readonly codes: readonly [string, ...string[]];
}

/** Defines a kind over Deno's class for it; in another runtime, a plain kind. */
export function defineKind(
  name: string,
  parent: ErrorClassName,
  codes: readonly [string, ...string[]],
): SocketErrorKind {
  const Parent = errorClass(parent);
  if (Parent === undefined) return definePlainKind(name, codes);
  class Kind extends Parent {
    static readonly codes = codes;
    constructor(message: string, code = codes[0], init: SocketErrorInit = {}) {
      super(message, "cause" in init ? { cause: init.cause } : undefined);
      becomeSocketError(this, code, init);
      this.name = name; // Deno's constructors set their own
    }
  }
  Object.defineProperty(Kind, "name", { value: name });
  return Kind as unknown as SocketErrorKind;
}

/** Defines a kind for which Deno has no class. */
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
