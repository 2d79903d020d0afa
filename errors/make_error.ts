import { errnoOf, strerror } from "./errno.ts";
import { SOCKET_ERROR_KINDS } from "./kinds.ts";
import {
  SocketError,
  type SocketErrorContext,
  type SocketErrorInit,
} from "./socket_error.ts";

const KIND_OF = new Map(
  SOCKET_ERROR_KINDS.flatMap((kind) => kind.codes.map((code) => [code, kind])),
);

/** States that read better than `strerror` has them, for the users of sockets. */
const STATES: Readonly<Record<string, string>> = {
  EBADF: "the socket is closed",
  ETIMEDOUT: "timed out",
  EPIPE: "the peer has gone or the sending side is shut down",
  EADDRNOTAVAIL: "address not available",
  ENOTCONN: "not connected",
  EOF: "the stream ended",
};

/**
 * Makes the error of a code: its kind, its message, its number on this system.
 *
 * The message reads `Cannot <action>: <state> (<code>)`; `reason` replaces the
 * state.
 *
 * @example A refused connection
 * ```ts
 * import { ConnectionRefusedError, socketError } from "@berkeley/sockets/errors";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * const error = socketError("ECONNREFUSED", {
 *   action: "connect to 127.0.0.1:1",
 *   syscall: "connect",
 * });
 * assertInstanceOf(error, ConnectionRefusedError);
 * assertEquals(
 *   error.message,
 *   "Cannot connect to 127.0.0.1:1: connection refused (ECONNREFUSED)",
 * );
 * ```
 */
export function socketError(
  code: string,
  context: SocketErrorContext & {
    /** What stands in the message instead of the usual text of the code. */
    reason?: string | undefined;
  },
): SocketError {
  const { action, reason, ...rest } = context;
  const state = reason ?? STATES[code] ?? strerror(code);
  const message = `Cannot ${action}: ${state} (${code})`;
  const init: SocketErrorInit = {
    ...rest,
    errno: context.errno ?? errnoOf(code),
  };
  const Kind = KIND_OF.get(code);
  return Kind === undefined
    ? new SocketError(message, code, init)
    : new Kind(message, code, init);
}
