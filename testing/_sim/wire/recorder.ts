import type { TraceKind } from "../../trace_event.ts";

/** What happened at one time. Nothing is formatted before somebody reads it. */
export interface Happened {
  /** Milliseconds since the simulation began. */
  readonly time: number;
  /** What kind of event it is. */
  readonly kind: TraceKind;
  /** The host that it happened to, or that sent the packet; undefined for the network. */
  readonly from: string | undefined;
  /** The host that a packet went to. */
  readonly to: string | undefined;
  /** Whether the packet or the query was lost. */
  readonly isLost: boolean;
  /** Describes it on a line of its own. */
  text(): string;
  /** Describes it in a few words for a diagram that shows the hosts. */
  label(): string;
}

/** What happened last, up to a bound. */
export class Recorder {
  readonly #max: number;
  #ring: Happened[] = [];
  #next = 0;
  #omitted = 0;

  /** Keeps the last `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many were dropped to keep the bound. */
  get omitted(): number {
    return this.#omitted;
  }

  /** How many are kept. */
  get size(): number {
    return this.#ring.length;
  }

  /** Adds what happened. */
  add(happened: Happened): void {
    if (this.#ring.length < this.#max) {
      this.#ring.push(happened);
      return;
    }
    this.#omitted++;
    if (this.#max === 0) return;
    this.#ring[this.#next] = happened;
    this.#next = (this.#next + 1) % this.#max;
  }

  /** All that are kept, in order. */
  *[Symbol.iterator](): Generator<Happened> {
    const ring = this.#ring;
    for (let i = 0; i < ring.length; i++) {
      yield ring[(this.#next + i) % ring.length]!;
    }
  }
}
