import net from "node:net";

/** Connects; an abort ends the attempt and closes its socket. */
export function connectSocket(
  options: net.NetConnectOpts,
  signal: AbortSignal,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...options, allowHalfOpen: true });
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const onError = (error: Error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("error", onError);
      signal.removeEventListener("abort", onAbort);
      resolve(socket);
    });
  });
}

/** What the opening of a server can do beside it. */
export interface OpenServerOptions {
  /** Called in the same turn, as soon as it is bound. */
  readonly onBound?: (() => void) | undefined;
  /** Returns the error that says more, or the same one. */
  readonly explain?: (error: Error & { code?: string }) => unknown;
}

/** Listens. The runtime binds it before this function returns. */
export function openServer(
  where: net.ListenOptions,
  { onBound, explain = (error) => error }: OpenServerOptions = {},
): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
    });
    const onError = (error: Error) => reject(explain(error));
    server.once("error", onError);
    server.listen(where, () => {
      server.off("error", onError);
      resolve(server);
    });
    if (!server.listening) return; // the error follows
    try {
      onBound?.();
    } catch (error) {
      server.close();
      reject(error);
    }
  });
}
