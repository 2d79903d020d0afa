/** How many duplicate ACKs mean that a segment is lost: RFC 5681 section 3.2. */
const DUPLICATES = 3;

/**
 * What the sender does about lost segments: after three duplicate ACKs it repairs one
 * hole after the other (RFC 6582), after a timeout it begins with one segment and
 * doubles what is under way with each round trip, until all is acknowledged that was
 * sent before.
 */
export class Recovery {
  #duplicates = 0;
  /** Recovers until this is acknowledged. */
  #until = -1;
  /** How much may be under way after a timeout, in segments; undefined for any. */
  #segments: number | undefined;
  /** Bytes that were acknowledged since the timeout. */
  #gained = 0;

  /** How many bytes may be under way. */
  limit(maxSegment: number): number {
    return this.#segments === undefined
      ? Infinity
      : this.#segments * maxSegment + this.#gained;
  }

  /** A duplicate ACK; returns whether the first segment is to be sent again. */
  onDuplicate(most: number): boolean {
    this.#duplicates++;
    if (this.#until !== -1 || this.#duplicates !== DUPLICATES) return false;
    this.#until = most;
    return true;
  }

  /** An ACK of more; returns whether the first segment is to be sent again. */
  onAdvance(acknowledged: number, count: number): boolean {
    this.#duplicates = 0;
    if (this.#until === -1) return false;
    if (acknowledged >= this.#until) {
      this.#until = -1;
      this.#segments = undefined;
      return false;
    }
    this.#gained += count;
    return this.#segments === undefined;
  }

  /** Nothing was acknowledged for too long: all counts as lost. */
  onTimeout(most: number): void {
    this.#duplicates = 0;
    this.#until = most;
    this.#segments = 1;
    this.#gained = 0;
  }
}
