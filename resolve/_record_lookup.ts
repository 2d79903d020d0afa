/**
 * Queries, each asked once however many wait for it, and remembered.
 */
import type { WaitOptions } from "../internal/wait/mod.ts";
import { Cache } from "./_cache.ts";
import { board, type Flight, leave, startFlight } from "./_flights.ts";
import { gather, type Part } from "./_gather.ts";
import type { DnsSource, Outcome } from "./_source.ts";
import type { Turn } from "./_sockets.ts";
import type { RecordType } from "./records.ts";
import type { CacheOptions } from "./resolver_options.ts";

/**
 * How long records of a type are waited for once those of the other family are
 * there, in milliseconds: the resolution delay of RFC 8305 section 3, and longer
 * for IPv4, which few hosts can do without. `again` goes for a type that was late
 * a moment ago.
 */
const DELAYS: { [type: string]: { first: number; again: number } } = {
  AAAA: { first: 50, again: 10 },
  A: { first: 1000, again: 50 },
};
/** How long it is remembered that records were late, in milliseconds. */
const LATE_MS = 10_000;

/** The outcome of a query that was not waited for. */
const LATE: Outcome = { status: "again", records: [] };

interface QueryFlight extends Flight<Outcome> {
  readonly turn: Turn;
}

/** Queries a source, through a cache, with single flight. */
export class RecordLookup {
  readonly #options: Required<CacheOptions>;
  readonly #now: () => number;
  readonly #cache: Cache<Outcome>;
  /** The queries that were late, of each name, and until when each type is taken to be slow. */
  readonly #late: Cache<true>;
  readonly #slowUntil = new Map<RecordType, number>();
  readonly #flights = new Map<string, QueryFlight>();

  constructor(options: Required<CacheOptions>, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#cache = new Cache(options.size, now);
    this.#late = new Cache(options.size, now);
  }

  /** Forgets all answers. */
  clear(): void {
    this.#cache.delete();
    this.#late.delete();
    this.#slowUntil.clear();
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

  /**
   * An outcome for each type, in the order of the types. If one type has records,
   * another one that takes long counts as failed.
   */
  async query(
    source: DnsSource,
    name: string,
    types: readonly RecordType[],
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Outcome[]> {
    const known = types.map((type) => this.#remembered(keyOf(type, name)));
    if (!known.includes(undefined)) return known as Outcome[];
    const hasRecords = known.some((outcome) => outcome?.status === "found");
    const flights = new Map<number, QueryFlight>();
    const parts = types.map((type, i): Part => {
      const key = keyOf(type, name);
      const outcome = known[i] ??
        (hasRecords && this.#late.get(key) ? LATE : undefined);
      if (outcome !== undefined) return { outcome, delay: 0 };
      // With a timeout of 0, only the cache can answer; no server is asked.
      if (wait?.timeout === 0) throw timeoutError();
      const flight = this.#flights.get(key) ??
        this.#depart(source, name, type);
      flights.set(i, flight);
      return {
        outcome: flight.work,
        delay: this.#delayOf(type, key),
        isQueued: () => flight.turn.isWaiting,
      };
    });
    const { outcomes, stop } = gather(parts);
    try {
      const ends = await board(
        flights.values().toArray(),
        outcomes,
        wait,
        timeoutError,
      );
      const late = types.filter((_, i) => ends[i] === undefined);
      for (const type of late) this.#rememberLate(type, name);
      leave([...flights].flatMap(([i, flight]) => ends[i] ? [] : flight));
      return ends.map((outcome, i) =>
        outcome ?? this.#keep(types[i]!, name, LATE)
      );
    } finally {
      stop();
    }
  }

  #delayOf(type: RecordType, key: string): number {
    const { first = Infinity, again = Infinity } = DELAYS[type] ?? {};
    const isSlow = this.#now() < (this.#slowUntil.get(type) ?? -Infinity);
    return isSlow || this.#late.get(key) ? again : first;
  }

  #rememberLate(type: RecordType, name: string): void {
    this.#late.set(keyOf(type, name), true, LATE_MS);
    this.#slowUntil.set(type, this.#now() + LATE_MS);
  }

  /** What is in the cache, with what is left of its time. */
  #remembered(key: string): Outcome | undefined {
    const outcome = this.#cache.get(key);
    return outcome && { ...outcome, ttl: this.#cache.left(key) };
  }

  #depart(
    source: DnsSource,
    name: string,
    type: RecordType,
  ): QueryFlight {
    const key = keyOf(type, name);
    const turn: Turn = { isWaiting: true };
    const flight: QueryFlight = {
      turn,
      stays: () => !source.cancellable && !turn.isWaiting,
      ...startFlight(
        async (signal) => {
          const outcome = await source.query(name, type, signal, turn);
          return this.#keep(type, name, outcome);
        },
        () => {
          if (this.#flights.get(key) === flight) this.#flights.delete(key);
        },
      ),
    };
    this.#flights.set(key, flight);
    return flight;
  }

  /** Remembers an outcome, or in place of a failure gives what was remembered. */
  #keep(type: RecordType, name: string, outcome: Outcome): Outcome {
    const { staleIfError } = this.#options;
    const key = keyOf(type, name);
    if (outcome.status !== "again" && outcome.status !== "fail") {
      // The error behind it is for the calls that wait for it now.
      const { cause: _, ...kept } = outcome;
      this.#cache.set(key, kept, this.lifetime(outcome));
      this.#late.delete(key);
      this.#slowUntil.delete(type);
      return outcome;
    }
    const stale = staleIfError > 0
      ? this.#cache.get(key, staleIfError)
      : undefined;
    // It is given this once: the next look-up asks again.
    return stale === undefined ? outcome : { ...stale, ttl: 0 };
  }
}

function keyOf(type: RecordType, name: string): string {
  return `${type} ${name}`;
}
