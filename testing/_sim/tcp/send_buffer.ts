import { NO_BYTES } from "./segment.ts";

/** Bytes of one write. */
interface Chunk {
  /** The sequence number of the first. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * The bytes that were written and are not acknowledged yet. The chunks never change,
 * so that the payload of a segment is mostly a view of one.
 */
export class SendBuffer {
  /** The sequence number of the first byte. */
  #start: number;
  #end: number;
  readonly #chunks: Chunk[] = [];

  constructor(start: number) {
    this.#start = this.#end = start;
  }

  /** The sequence number after the last byte. */
  get end(): number {
    return this.#end;
  }

  /** How many bytes there are. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** Adds a copy of the bytes. */
  append(bytes: Uint8Array): void {
    this.#chunks.push({ start: this.#end, bytes: new Uint8Array(bytes) });
    this.#end += bytes.length;
  }

  /** Drops the bytes before a sequence number. */
  releaseTo(sequence: number): void {
    this.#start = sequence;
    const chunks = this.#chunks;
    let count = 0;
    while (count < chunks.length && endOfChunk(chunks[count]!) <= sequence) {
      count++;
    }
    if (count > 0) chunks.splice(0, count);
  }

  /** Returns `length` bytes from a sequence number on; all of them are there. */
  slice(from: number, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    let at = this.#find(from);
    const { start, bytes } = this.#chunks[at]!;
    const first = bytes.subarray(from - start, from - start + length);
    if (first.length === length) return first;
    const all = new Uint8Array(length);
    all.set(first);
    for (let filled = first.length; filled < length;) {
      const { bytes } = this.#chunks[++at]!;
      const part = bytes.subarray(0, length - filled);
      all.set(part, filled);
      filled += part.length;
    }
    return all;
  }

  /** Returns the index of the chunk with a sequence number. */
  #find(sequence: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.start <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function endOfChunk({ start, bytes }: Chunk): number {
  return start + bytes.length;
}
