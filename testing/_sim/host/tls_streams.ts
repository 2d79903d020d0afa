import { watchStreams } from "../../../tls/_seam.ts";
import { currentScope, runOutside } from "../time/scope.ts";

/**
 * Watches the TLS connections of a simulation. Returns what frees those that are still
 * open when it has ended: the runtime keeps the native part of a `node:tls` socket, and
 * all that it refers to, until the socket is destroyed.
 */
export function watchTlsStreams(): () => void {
  const open = new Set<{ abandon(): void }>();
  const unwatch = watchStreams((stream, socket) => {
    if (currentScope() === undefined) return;
    open.add(stream);
    socket.once("close", () => open.delete(stream));
  });
  return () => {
    unwatch();
    runOutside(() => open.forEach((stream) => stream.abandon()));
  };
}
