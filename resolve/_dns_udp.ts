import type { Exchange } from "./_wire_source.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * `node:dgram` makes its buffer twice this; a query without EDNS is answered
 * with 512 bytes at most, and a server that sends more is still understood.
 */
const RECEIVE_SIZE = 1024;

/**
 * Sends the queries to a server from one fresh socket, whose random port is
 * what makes answers hard to forge, and resolves when all are answered or the
 * time is up. Datagrams from elsewhere and those that answer nothing are
 * passed over.
 */
export async function exchangeUdp(
  server: Required<NameServer>,
  exchanges: readonly Exchange[],
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  // Loaded when needed: a program that resolves no name starts faster.
  const { createSocket } = await import("node:dgram");
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const isV6 = server.hostname.includes(":");
    const socket = createSocket(isV6 ? "udp6" : "udp4");
    let open = exchanges.length;
    let isEnded = false;
    const end = (settle: () => void) => {
      if (isEnded) return;
      isEnded = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      settle();
      socket.close();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const onAbort = () => fail(signal.reason);
    const timer = setTimeout(() => end(resolve), timeout);
    signal.addEventListener("abort", onAbort);
    socket.on("error", fail);
    socket.on(
      "message",
      (message: Uint8Array, from: { address: string; port: number }) => {
        if (
          from.port !== server.port ||
          !isSameHost(from.address, server.hostname)
        ) return;
        const exchange = exchanges.find(({ answer, id }) =>
          answer === undefined && id === (message[0]! << 8 | message[1]!)
        );
        if (exchange?.accept(message) && --open === 0) end(resolve);
      },
    );
    socket.bind({ port: 0, address: isV6 ? "::" : "0.0.0.0" }, () => {
      if (isEnded) return;
      socket.setRecvBufferSize(RECEIVE_SIZE);
      for (const { query } of exchanges) {
        socket.send(
          query,
          server.port,
          server.hostname,
          (error: Error | null) => {
            if (error !== null) fail(error);
          },
        );
      }
    });
  });
}

/** Whether two texts are the same address, but for the zone, which senders are shown without. */
function isSameHost(from: string, server: string): boolean {
  return from === server || from.split("%")[0] === server.split("%")[0];
}
