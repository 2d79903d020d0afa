import type { Question } from "./_question.ts";
import type { NameServer } from "./resolver_options.ts";

/**
 * The largest answer that is received. Deno's `node:dgram` cuts off what is
 * larger and does not say so; on Linux it makes its buffer twice this, and so
 * larger than any datagram.
 */
const RECEIVE_SIZE = 32_768;

let dgram: typeof import("node:dgram") | undefined;

/** How to ask over UDP. */
export interface UdpRequest {
  /** Whether to ask without EDNS(0). */
  readonly plain: boolean;
  /** After how many milliseconds of silence to ask without EDNS(0) as well; never, if undefined. */
  readonly plainAfter: number | undefined;
}

/**
 * Asks a server from one fresh socket, whose random port is what makes answers
 * hard to forge. Resolves when the question is answered; rejects with the signal's
 * reason when it aborts. Datagrams from elsewhere and those that answer nothing
 * are passed over.
 */
export async function exchangeUdp(
  server: Required<NameServer>,
  question: Question,
  { plain, plainAfter }: UdpRequest,
  signal: AbortSignal,
): Promise<void> {
  // Loaded when needed: a program that resolves no name starts faster.
  dgram ??= await import("node:dgram");
  const { createSocket } = dgram;
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const isV6 = server.hostname.includes(":");
    const socket = createSocket(isV6 ? "udp6" : "udp4");
    let again: ReturnType<typeof setTimeout> | undefined;
    let isEnded = false;
    const end = (settle: () => void) => {
      if (isEnded) return;
      isEnded = true;
      clearTimeout(again);
      signal.removeEventListener("abort", onAbort);
      settle();
      socket.close();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    socket.on("error", fail);
    socket.on(
      "message",
      (message: Uint8Array, from: { address: string; port: number }) => {
        if (
          from.port === server.port &&
          isSameHost(from.address, server.hostname) &&
          // A copy: the datagram is a small part of a large buffer.
          question.accept(new Uint8Array(message))
        ) end(resolve);
      },
    );
    const send = (isPlain: boolean) =>
      socket.send(
        question.write(isPlain),
        server.port,
        server.hostname,
        (error: Error | null) => {
          if (error !== null) fail(error);
        },
      );
    socket.bind({ port: 0, address: isV6 ? "::" : "0.0.0.0" }, () => {
      if (isEnded) return;
      socket.setRecvBufferSize(RECEIVE_SIZE);
      send(plain);
      if (plainAfter === undefined) return;
      again = setTimeout(() => send(true), plainAfter);
    });
  });
}

/** Whether two texts are the same address, but for the zone, which senders are shown without. */
function isSameHost(from: string, server: string): boolean {
  return from === server || from.split("%")[0] === server.split("%")[0];
}
