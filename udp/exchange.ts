import { checkInteger, checkNumber, checkType } from "../internal/check/mod.ts";
import { ConnectionRefusedError, TimedOutError } from "../errors/mod.ts";
import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import type { Datagram } from "./datagram.ts";

/** How often and how long to ask. */
export interface ExchangeOptions {
  /** Whether a datagram is the answer; others are dropped. Any is, if left out. */
  match?: ((data: Uint8Array, datagram: Datagram) => boolean) | undefined;
  /**
   * How long the first attempt waits for its answer, in milliseconds; 0 looks only
   * at the first datagram that is there already.
   *
   * @default {1000}
   */
  timeout?: number | undefined;
  /**
   * How often the request is sent at the most.
   *
   * @default {3}
   */
  attempts?: number | undefined;
  /**
   * By what factor each attempt waits longer than the one before, 1 or more.
   *
   * @default {2}
   */
  backoff?: number | undefined;
  /** Ends the exchange when aborted. */
  signal?: AbortSignal | undefined;
}

/** What an exchange needs of a socket. */
export interface Exchanger {
  send(bytes: Uint8Array): Promise<number>;
  receive(options?: WaitOptions): Promise<Datagram>;
}

/** Asks until answered; see `ConnectedUdpSocket.exchange`. */
export async function exchange(
  socket: Exchanger,
  bytes: Uint8Array,
  options: ExchangeOptions,
  timeoutError: () => Error,
): Promise<Datagram> {
  const { match, timeout = 1000, attempts = 3, backoff = 2, signal } = options;
  checkWait({ timeout, signal });
  checkInteger("attempts", attempts, 1);
  checkNumber("backoff", backoff, 1);
  checkType("match", match, "function");
  for (let attempt = 1;; attempt++) {
    const until = performance.now() + timeout * backoff ** (attempt - 1);
    const isLast = attempt === attempts || until === Infinity;
    // A peer that refuses may be about to start.
    const ignoreRefusal = (error: unknown) => {
      if (isLast || !(error instanceof ConnectionRefusedError)) throw error;
    };
    await socket.send(bytes).catch(ignoreRefusal);
    let left: number;
    do {
      left = Math.max(0, until - performance.now());
      let datagram: Datagram;
      try {
        datagram = await socket.receive({ timeout: left, signal });
      } catch (error) {
        if (error instanceof TimedOutError) break;
        ignoreRefusal(error);
        continue;
      }
      const isAnswer = match === undefined || match(datagram.data, datagram);
      if (isAnswer) return datagram;
    } while (left > 0); // others may come without end
    if (attempt === attempts) throw timeoutError();
  }
}
