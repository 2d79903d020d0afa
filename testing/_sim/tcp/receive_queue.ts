/** Bytes that came before those in front of them. */
interface Early {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * The bytes that were received and not read yet, in their order, and those that came
 * too early. It keeps the payloads of the segments and copies nothing until a read.
 */
export class ReceiveQueue {
  /** How many bytes can be read. */
  size = 0;
  readonly #parts: Uint8Array[] = [];
  /** How much of the first part was read. */
  #taken = 0;
  /** Sorted, without overlaps. */
  #early: Early[] = [];

  /** Whether bytes wait for others in front of them. */
  get hasGaps(): boolean {
    return this.#early.length > 0;
  }

  /** Adds the next bytes of the stream; returns how many that makes with early ones. */
  append(start: number, bytes: Uint8Array): number {
    this.#push(bytes);
    let end = start + bytes.length;
    while (this.#early.length > 0 && this.#early[0]!.start <= end) {
      const early = this.#early.shift()!;
      const known = end - early.start;
      if (known >= early.bytes.length) continue;
      const rest = known === 0 ? early.bytes : early.bytes.subarray(known);
      this.#push(rest);
      end += rest.length;
    }
    return end - start;
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.size += bytes.length;
  }

  /** Keeps bytes that came too early, without those that it has already. */
  insert(start: number, bytes: Uint8Array): void {
    const merged: Early[] = [];
    let from = start;
    const end = start + bytes.length;
    const keep = (to: number) => {
      if (from >= to) return;
      merged.push({
        start: from,
        bytes: bytes.subarray(from - start, to - start),
      });
      from = to;
    };
    for (const early of this.#early) {
      keep(Math.min(early.start, end));
      merged.push(early);
      from = Math.max(from, early.start + early.bytes.length);
    }
    keep(end);
    this.#early = merged.sort((a, b) => a.start - b.start);
  }

  /** Moves bytes into a buffer; returns how many. */
  take(buffer: Uint8Array): number {
    let filled = 0;
    while (filled < buffer.length && this.#parts.length > 0) {
      const first = this.#parts[0]!;
      const room = buffer.length - filled;
      const left = first.length - this.#taken;
      const count = Math.min(room, left);
      buffer.set(
        count === first.length
          ? first
          : first.subarray(this.#taken, this.#taken + count),
        filled,
      );
      filled += count;
      if (count === left) {
        this.#parts.shift();
        this.#taken = 0;
      } else {
        this.#taken += count;
      }
    }
    this.size -= filled;
    return filled;
  }

  /** Drops all bytes. */
  clear(): void {
    this.#parts.length = 0;
    this.#early = [];
    this.size = this.#taken = 0;
  }
}
