import { SocketError, socketError, toSocketError } from "../errors/mod.ts";

/**
 * Returns our error for the failure of a stream. An error that no socket has is
 * EIO: a TypeError would pass for a fault in the caller's buffer.
 */
export function sourceError(reason: unknown): Error {
  const context = { action: "use the stream" };
  const error = toSocketError(reason, context);
  if (error instanceof SocketError) return error;
  const { message } = error;
  return socketError("EIO", { ...context, reason: message, cause: reason });
}
