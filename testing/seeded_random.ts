/** Random numbers that the seed decides. See the example of {@linkcode Network}. */
export interface SeededRandom {
  /** Returns a number from 0 up to but not including 1. */
  next(): number;
  /**
   * Returns an integer from `least` to `most`, both included.
   *
   * @throws {RangeError} If `least` or `most` is not an integer, or `most` is less.
   */
  integer(least: number, most: number): number;
  /**
   * Returns one of the items.
   *
   * @throws {RangeError} If there is none.
   */
  pick<T>(items: readonly T[]): T;
  /**
   * Returns so many random bytes.
   *
   * @throws {RangeError} If `count` is not an integer of 0 or more.
   */
  bytes(count: number): Uint8Array<ArrayBuffer>;
}
