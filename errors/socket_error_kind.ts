import {
  becomeSocketError,
  SocketError,
  type SocketErrorInit,
} from "./socket_error.ts";

/**
 * The class of the socket errors that share one code, each of which is an
 * instance of the runtime's own class as well.
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
