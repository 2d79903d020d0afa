import {
  AddrInfoError,
  NotCapableError,
  SocketError,
  socketError,
  type SocketErrorContext,
  UnexpectedEofError,
} from "../errors/mod.ts";

/** What a proxy answers if it does not connect to the target, or answers wrongly. */
export class ProxyRefusal {
  readonly code: string;
  readonly reason: string;

  constructor(code: string, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

/** The error of an answer that breaks the protocol. */
export function garbled(reason: string): ProxyRefusal {
  return new ProxyRefusal("EPROTO", reason);
}

/** The error of a proxy that cannot be reached: the connection's own, with its target. */
export function unreachable(
  error: unknown,
  context: SocketErrorContext,
): unknown {
  if (!isOurs(error)) return error;
  const { remoteAddr } = error; // of the proxy, so that callers see which it is
  return wrapped(error, { ...context, remoteAddr }, stateOf(error));
}

/** The error of a proxy that does not answer as it should. */
export function explain(
  error: unknown,
  context: SocketErrorContext,
): unknown {
  if (error instanceof ProxyRefusal) {
    const { code, reason } = error;
    return socketError(code, { ...context, reason });
  }
  if (!isOurs(error)) return error;
  return error instanceof UnexpectedEofError
    ? wrapped(
      error,
      context,
      "the proxy closed the connection before it answered",
    )
    : wrapped(error, context, stateOf(error));
}

/** Whether the error does not say all that the caller needs. */
function isOurs(error: unknown): error is SocketError {
  return error instanceof SocketError && !(error instanceof AddrInfoError) &&
    !(error instanceof NotCapableError);
}

function wrapped(
  cause: SocketError,
  context: SocketErrorContext,
  reason: string,
): Error {
  const { code, errno, localAddr } = cause;
  return socketError(code, { ...context, errno, localAddr, cause, reason });
}

/** The message of an error as a part of another one. */
function stateOf({ message, code }: SocketError): string {
  return message.replace(/^Cannot /, "cannot ").replace(` (${code})`, "");
}
