/** The least time that Linux waits for an acknowledgement, in milliseconds. */
const LEAST = 200;
/** The most, in milliseconds. */
const MOST = 120_000;
/** RFC 6298 section 2: before anything was measured. */
const INITIAL = 1000;

/** How long the peer takes to answer, and so when a segment counts as lost. */
export class RoundTrip {
  #smoothed: number | undefined;
  #variation = 0;

  /** Takes one measurement in, in milliseconds: RFC 6298 section 2. */
  measure(time: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = time;
      this.#variation = time / 2;
      return;
    }
    const difference = Math.abs(this.#smoothed - time);
    this.#variation += (difference - this.#variation) / 4;
    this.#smoothed += (time - this.#smoothed) / 8;
  }

  /** The retransmission timeout after so many timeouts in a row, in milliseconds. */
  timeout(backoff: number): number {
    const base = this.#smoothed === undefined
      ? INITIAL
      : this.#smoothed + Math.max(LEAST, 4 * this.#variation);
    return Math.min(base * 2 ** backoff, MOST);
  }
}
