import type { Random } from "../../_random.ts";

/** No more names of faults are kept. */
const MAX_NAMES = 100_000;

/**
 * The decisions that chance makes. Each decision draws from a stream of its own kind, so
 * that one link's faults never shift those of another; each fault that happens has a name
 * which is the same in every run with the same seed.
 */
export class Faults {
  readonly #random: Random;
  readonly #only: ReadonlySet<string> | undefined;
  readonly #streams = new Map<string, ChanceStream>();
  /** The names of the faults that have happened, in order; at most 100,000. */
  readonly happened: string[] = [];

  /** Lets all faults happen, or `only` those with these names. */
  constructor(random: Random, only?: ReadonlySet<string>) {
    this.#random = random;
    this.#only = only;
  }

  /** The decisions of one kind, such as `"a>b drop"`. */
  stream(kind: string): ChanceStream {
    let stream = this.#streams.get(kind);
    if (stream === undefined) {
      stream = new ChanceStream(kind, this.#random.fork(kind), this.#happens);
      this.#streams.set(kind, stream);
    }
    return stream;
  }

  readonly #happens = (name: string): boolean => {
    if (this.#only !== undefined && !this.#only.has(name)) return false;
    if (this.happened.length < MAX_NAMES) this.happened.push(name);
    return true;
  };
}

/** The decisions of one kind. */
export class ChanceStream {
  readonly #kind: string;
  readonly #random: Random;
  readonly #happens: (name: string) => boolean;
  #count = 0;

  /** Made by {@linkcode Faults}. */
  constructor(
    kind: string,
    random: Random,
    happens: (name: string) => boolean,
  ) {
    this.#kind = kind;
    this.#random = random;
    this.#happens = happens;
  }

  /**
   * Whether the fault happens. `number` is part of its name: by default how often this
   * stream was asked. The fault happens if one of so many `draws` says so.
   */
  decide(
    probability: number,
    number: number = ++this.#count,
    draws = 1,
  ): boolean {
    let isDrawn = false;
    for (let i = 0; i < draws; i++) {
      if (this.#random.next() < probability) isDrawn = true;
    }
    return isDrawn && this.#happens(`${this.#kind} ${number}`);
  }
}
