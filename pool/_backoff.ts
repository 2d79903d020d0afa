/**
 * How long to wait before another attempt: at random up to a limit that doubles with
 * each failure ("full jitter"), so that many clients of a server that failed do not
 * come back all at once.
 */
export class Backoff {
  /** How many attempts have failed in a row. */
  failures = 0;
  readonly #initial: number;
  readonly #max: number;

  constructor(initial: number, max: number) {
    this.#initial = initial;
    this.#max = max;
  }

  /** Forgets all failures, and returns the delay of a first attempt in milliseconds. */
  reset(): number {
    this.failures = 0;
    return Math.random() * Math.min(this.#max, this.#initial);
  }

  /** Counts a failure, and returns the delay in milliseconds. */
  fail(): number {
    const limit = Math.min(this.#max, this.#initial * 2 ** this.failures++);
    return Math.random() * limit;
  }
}
