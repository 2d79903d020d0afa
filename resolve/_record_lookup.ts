/**
 * Queries, each asked once however many wait for it, and remembered.
 */
import type { WaitOptions } from "../wait/mod.ts";
import { Cache } from "./_cache.ts";
import { board, type Flight, startFlight } from "./_flights.ts";
import { Limit } from "./_limit.ts";
import type { DnsSource, Outcome } from "./_source.ts";
import type { RecordType } from "./records.ts";
import type { CacheOptions } from "./resolver_options.ts";

/** Each query has a socket of its own: so many at a time, lest they use up the descriptors. */
const sockets = new Limit(256);

interface Seat {
  readonly flight: Flight<Outcome[]>;
  readonly index: number;
}

/** Queries a source, through a cache, with single flight. */
export class RecordLookup {
  readonly #options: Required<CacheOptions>;
  readonly #cache: Cache<Outcome>;
  readonly #flights = new Map<string, Seat>();

  constructor(options: Required<CacheOptions>, now: () => number) {
    this.#options = options;
    this.#cache = new Cache(options.size, now);
  }

  /** Forgets all answers. */
  clear(): void {
    this.#cache.delete();
  }

  /** How long an outcome may be kept, in milliseconds. */
  lifetime(outcome: Outcome): number {
    const { ttl, maxTtl, negativeTtl } = this.#options;
    switch (outcome.status) {
      case "found":
        return Math.min(outcome.ttl ?? ttl, maxTtl);
      case "nodata":
      case "noname":
        return Math.min(outcome.ttl ?? negativeTtl, negativeTtl, maxTtl);
      default:
        return 0;
    }
  }

  /** An outcome for each type, in the order of the types. */
  async query(
    source: DnsSource,
    name: string,
    types: readonly RecordType[],
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Outcome[]> {
    const keys = types.map((type) => `${type} ${name}`);
    const cached = keys.map((key) => this.#remembered(key));
    // No time at all allows what is in the cache, and asks nobody.
    if (wait?.timeout === 0 && cached.includes(undefined)) throw timeoutError();
    const missing = types.filter((_, i) =>
      cached[i] === undefined && !this.#flights.has(keys[i]!)
    );
    if (missing.length > 0) this.#depart(source, name, missing);
    const flights = new Set<Flight<Outcome[]>>();
    const work = keys.map((key, i): Outcome | Promise<Outcome> => {
      const outcome = cached[i];
      if (outcome !== undefined) return outcome;
      const { flight, index } = this.#flights.get(key)!;
      if (source.cancellable) flights.add(flight);
      return flight.work.then((outcomes) => outcomes[index]!);
    });
    return await board(flights, Promise.all(work), wait, timeoutError);
  }

  /** What is in the cache, with what is left of its time. */
  #remembered(key: string): Outcome | undefined {
    const outcome = this.#cache.get(key);
    return outcome && { ...outcome, ttl: this.#cache.left(key) };
  }

  #depart(source: DnsSource, name: string, types: readonly RecordType[]): void {
    const keys = types.map((type) => `${type} ${name}`);
    const ask = async (signal: AbortSignal): Promise<Outcome[]> => {
      const turn = sockets.enter(signal);
      if (turn !== undefined) await turn;
      try {
        const outcomes = await source.query(name, types, signal);
        return outcomes.map((outcome, i) => this.#keep(keys[i]!, outcome));
      } finally {
        sockets.leave();
      }
    };
    const flight = startFlight(ask, () => {
      for (const key of keys) {
        if (this.#flights.get(key)?.flight === flight) {
          this.#flights.delete(key);
        }
      }
    });
    keys.forEach((key, index) => this.#flights.set(key, { flight, index }));
  }

  /** Remembers an outcome, or in place of a failure gives what was remembered. */
  #keep(key: string, outcome: Outcome): Outcome {
    const { staleIfError } = this.#options;
    if (outcome.status !== "again" && outcome.status !== "fail") {
      this.#cache.set(key, outcome, this.lifetime(outcome));
      return outcome;
    }
    const stale = staleIfError > 0
      ? this.#cache.get(key, staleIfError)
      : undefined;
    // It is given this once: the next look-up asks again.
    return stale === undefined ? outcome : { ...stale, ttl: 0 };
  }
}
