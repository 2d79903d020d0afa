import { checkInteger, checkNumber, showValue } from "../internal/check/mod.ts";
import { ConnectionRefusedError, TimedOutError } from "../errors/mod.ts";
import {
  arm,
  checkWait,
  type Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
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
  timers: Timers,
  timeoutError: () => Error,
): Promise<Datagram> {
  const { match, timeout = 1000, attempts = 3, backoff = 2, signal } = options;
  checkWait({ timeout, signal });
  checkInteger("attempts", attempts, 1);
  checkNumber("backoff", backoff, 1);
  if (match !== undefined && typeof match !== "function") {
    throw new TypeError(
      `Cannot use match ${showValue(match)}: it must be a function`,
    );
  }
  for (let attempt = 1;; attempt++) {
    const until = performance.now() + timeout * backoff ** (attempt - 1);
    try {
      await socket.send(bytes);
      const answer = await answerBy(socket, until, match, signal);
      if (answer !== undefined) return answer;
      if (attempt === attempts) throw timeoutError();
    } catch (error) {
      const isRefused = error instanceof ConnectionRefusedError;
      const isLast = attempt === attempts || until === Infinity;
      if (!isRefused || isLast) throw error;
      await sleepUntil(until, signal, timers); // the peer may be about to start
    }
  }
}

async function sleepUntil(
  until: number,
  signal: AbortSignal | undefined,
  timers: Timers,
): Promise<void> {
  signal?.throwIfAborted();
  const timeout = Math.max(0, until - performance.now());
  await new Promise<void>((resolve, reject) => {
    const timeIsUp = new Error();
    arm({ timeout, signal }, () => timeIsUp, (reason) => {
      if (reason === timeIsUp) resolve();
      else reject(reason);
    }, timers);
  });
}

/** The matching datagram, or undefined when the time is up. */
async function answerBy(
  socket: Exchanger,
  until: number,
  match: ExchangeOptions["match"],
  signal: AbortSignal | undefined,
): Promise<Datagram | undefined> {
  for (;;) {
    const timeout = Math.max(0, until - performance.now());
    let datagram: Datagram;
    try {
      datagram = await socket.receive({ timeout, signal });
    } catch (error) {
      if (error instanceof TimedOutError) return undefined;
      throw error;
    }
    if (match === undefined || match(datagram.data, datagram)) return datagram;
    if (timeout === 0) return undefined; // others may come without end
  }
}
