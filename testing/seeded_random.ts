/** Random numbers that the seed decides. See the example of {@linkcode Network}. */
export interface SeededRandom {
  /** Returns a number from 0 up to but not including 1. */
  next(): number;
  /** Returns an integer from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** Returns one of the items. */
  pick<T>(items: readonly T[]): T;
  /** Returns so many random bytes. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
}
