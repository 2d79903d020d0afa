import type { SocketAddress } from "../address/mod.ts";

/** RFC 8305 section 3: how long IPv4 waits for an answer about IPv6, in milliseconds. */
const RESOLUTION_DELAY = 50;

/** What a race is made of; tests pass their own. */
export interface Race<C> {
  /** The look-ups, each for one family, the preferred first; any may reject. */
  readonly lookups: readonly Promise<readonly SocketAddress[]>[];
  /** How long an attempt runs alone before the next begins, in milliseconds. */
  readonly attemptDelay: number;
  /** Begins an attempt; the signal aborts when it has lost. */
  attempt(address: SocketAddress, signal: AbortSignal): Promise<C>;
  /** Closes a connection that came too late. */
  discard(connection: C): void;
  /** Resolves after so many milliseconds, or sooner when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Ends the race. */
  readonly signal: AbortSignal;
}

/** An attempt that failed. */
export interface FailedAttempt {
  /** Where it went. */
  readonly address: SocketAddress;
  /** What came of it. */
  readonly error: unknown;
}

/** Why what is over is aborted: an error of its own would cost more than a race. */
const OVER = "the race is over";

/** Nobody won. */
export class RaceLost {
  /** The attempts that failed, in the order in which they did. */
  readonly attempts: readonly FailedAttempt[];
  /** The look-ups that failed. */
  readonly lookupErrors: readonly unknown[];

  constructor(
    attempts: readonly FailedAttempt[],
    lookupErrors: readonly unknown[],
  ) {
    this.attempts = attempts;
    this.lookupErrors = lookupErrors;
  }
}

/** The addresses that are still to be tried, the families taking turns. */
class Candidates {
  readonly #queues: readonly SocketAddress[][];
  /** The queues, the one that was used last at the end. */
  readonly #turns: SocketAddress[][];
  /** Look-ups of both families may find one address, mapped or not. */
  readonly #seen = new Set<string>();

  constructor(families: number) {
    this.#queues = Array.from({ length: families }, () => []);
    this.#turns = [...this.#queues];
  }

  add(family: number, addresses: readonly SocketAddress[]): void {
    for (const address of addresses) {
      const text = `${address}`;
      if (this.#seen.has(text)) continue;
      this.#seen.add(text);
      this.#queues[family]!.push(address);
    }
  }

  get isEmpty(): boolean {
    return this.#queues.every((queue) => queue.length === 0);
  }

  /** RFC 8305 section 4: one of each family in turn, as long as there are both. */
  next(): SocketAddress | undefined {
    const at = this.#turns.findIndex((queue) => queue.length > 0);
    if (at === -1) return undefined;
    this.#turns.push(...this.#turns.splice(at, 1));
    return this.#turns.at(-1)!.shift();
  }
}

/**
 * "Happy Eyeballs", RFC 8305: tries the addresses of both families one after the
 * other, each a little after the one before, or at once when that one has failed,
 * and takes the first connection that stands. Addresses that are found late join
 * the race. Those that lose are closed.
 */
export async function race<C>(rules: Race<C>): Promise<C | RaceLost> {
  const { lookups, attemptDelay, attempt, discard, sleep, signal } = rules;
  const candidates = new Candidates(lookups.length);
  const failed: FailedAttempt[] = [];
  const lookupErrors: unknown[] = [];
  const over = new AbortController();
  let isPreferredKnown = false;
  let looking = lookups.length;
  let running = 0;
  let winner: { connection: C } | undefined;
  let news = Promise.withResolvers<void>();
  const happen = () => news.resolve();

  /** Waits for news until they are good. */
  const until = async (isGood: () => boolean) => {
    while (!isGood()) {
      news = Promise.withResolvers();
      await news.promise;
      signal.throwIfAborted();
    }
  };
  /** The same, for so many milliseconds at most. */
  const within = async (ms: number, isGood: () => boolean) => {
    let isOver = false;
    const timer = new AbortController();
    sleep(ms, AbortSignal.any([timer.signal, over.signal])).then(() => {
      isOver = true;
      happen();
    });
    await until(() => isOver || isGood());
    timer.abort(OVER);
  };

  const onAbort = () => {
    over.abort(signal.reason);
    happen();
  };
  signal.addEventListener("abort", onAbort);

  lookups.forEach((lookup, family) => {
    lookup.then(
      (addresses) => candidates.add(family, addresses),
      (error) => lookupErrors.push(error),
    ).then(() => {
      if (family === 0) isPreferredKnown = true;
      looking--;
      happen();
    });
  });

  const start = (address: SocketAddress) => {
    running++;
    attempt(address, over.signal).then(
      (connection) => {
        if (winner !== undefined || over.signal.aborted) discard(connection);
        else winner = { connection };
      },
      (error) => failed.push({ address, error }),
    ).then(() => {
      running--;
      happen();
    });
  };

  try {
    signal.throwIfAborted();
    if (lookups.length > 1) {
      await until(() => isPreferredKnown || looking === 1);
      await within(RESOLUTION_DELAY, () => isPreferredKnown);
    }
    for (;;) {
      if (winner !== undefined) return winner.connection;
      const address = candidates.next();
      if (address !== undefined) {
        const before = failed.length;
        start(address);
        const isDecided = () => winner !== undefined || failed.length > before;
        const isLast = candidates.isEmpty && looking === 0;
        if (isLast) await until(isDecided);
        else await within(attemptDelay, isDecided);
      } else if (running + looking > 0) {
        const before = running + looking;
        await until(() => running + looking < before);
      } else {
        return new RaceLost(failed, lookupErrors);
      }
    }
  } catch (error) {
    if (winner !== undefined) discard(winner.connection);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    over.abort(OVER);
  }
}
