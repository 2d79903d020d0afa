import { checkInteger } from "../internal/check/mod.ts";
import type { Random } from "./_random.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** Random numbers for the caller of the library, whose arguments are checked. */
export class CheckedRandom implements SeededRandom {
  readonly #random: Random;

  /** Takes its numbers from a generator. */
  constructor(random: Random) {
    this.#random = random;
  }

  next(): number {
    return this.#random.next();
  }

  integer(least: number, most: number): number {
    checkInteger("least", least, Number.MIN_SAFE_INTEGER);
    checkInteger("most", most, least);
    return this.#random.integer(least, most);
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) {
      throw new RangeError("Cannot pick one of 0 items: the array is empty");
    }
    return this.#random.pick(items);
  }

  bytes(count: number): Uint8Array<ArrayBuffer> {
    return this.#random.bytes(checkInteger("count", count, 0));
  }
}
