import { SocketError, socketError, toSocketError } from "../errors/mod.ts";

/**
 * Returns our error of a stream's failure. What does not look like the error of a
 * socket is EIO: as a TypeError it would pass for a fault in the caller's buffer.
 */
export function sourceError(reason: unknown): Error {
  const context = { action: "use the stream" };
  const error = toSocketError(reason, context);
  if (error instanceof SocketError) return error;
  const { message } = error;
  return socketError("EIO", { ...context, reason: message, cause: reason });
}
