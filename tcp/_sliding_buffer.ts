/** The buffer of a connection that has received little, in bytes. */
const MIN_CAPACITY = 2 * 1024;
/** The buffer of a connection that receives all the time, in bytes. */
const MAX_CAPACITY = 256 * 1024;
/** Fewer bytes than this are copied faster one by one than by a view of them. */
const SMALL_COPY = 128;

const EMPTY = new Uint8Array(0);

/**
 * A window of bytes that slides over a stream: new ones come in behind, and are
 * taken off in front.
 */
export class SlidingBuffer {
  /** The memory, of which `[start, end)` is still to be read. */
  buffer: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** Follows what the stream brings: see `#reserve`. */
  #capacity = MIN_CAPACITY;

  /** How many bytes can be read without waiting. */
  get buffered(): number {
    return this.end - this.start;
  }

  /** Forgets all, and gives the memory back. */
  drop(): void {
    this.buffer = EMPTY;
    this.start = this.end = 0;
  }

  /** Begins again with these bytes. */
  restart(bytes: Uint8Array): void {
    this.buffer = bytes;
    this.start = 0;
    this.end = bytes.length;
  }

  /** Takes `count` bytes off. */
  consume(count: number): void {
    this.start += count;
  }

  /** A copy of the next `count` bytes, which stay. */
  copy(count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(
      this.buffer.subarray(this.start, this.start + count),
    );
  }

  /** Takes `count` bytes off, as bytes of the caller's own. */
  takeNow(count: number): Uint8Array<ArrayBuffer> {
    const bytes = this.copy(count);
    this.consume(count);
    return bytes;
  }

  /** Moves bytes into `target`, as many as both have. */
  moveInto(target: Uint8Array): number {
    const { buffer, start } = this;
    const count = Math.min(target.length, this.end - start);
    if (count <= SMALL_COPY) {
      for (let i = 0; i < count; i++) target[i] = buffer[start + i]!;
    } else {
      target.set(buffer.subarray(start, start + count));
    }
    this.consume(count);
    return count;
  }

  /** Where the next bytes go. */
  room(): Uint8Array {
    if (this.start === this.end) this.start = this.end = 0;
    this.#reserve();
    return this.end === 0 ? this.buffer : this.buffer.subarray(this.end);
  }

  /** `count` bytes have come into the room. */
  extend(count: number): void {
    // A full buffer says that there is more; a hardly used one, that less would do.
    if (count === this.buffer.length - this.end) {
      this.#capacity = Math.min(this.buffer.length * 4, MAX_CAPACITY);
    } else if (count * 8 < this.#capacity) {
      this.#capacity = Math.max(this.#capacity / 4, MIN_CAPACITY);
    }
    this.end += count;
  }

  /**
   * Makes room behind the buffered bytes. An empty buffer takes the size that
   * the last fills call for, so that an idle connection keeps a small one; one
   * that is full of an unfinished message doubles.
   */
  #reserve(): void {
    const held = this.buffered;
    const size = this.buffer.length;
    const isWanted = size >= this.#capacity && size <= this.#capacity * 4;
    if (held === 0) {
      if (!isWanted) this.buffer = new Uint8Array(this.#capacity);
    } else if (isWanted && size - this.end >= size / 2) {
      return; // plenty of room behind
    } else if (held * 2 <= size && isWanted) {
      this.buffer.copyWithin(0, this.start, this.end);
    } else {
      const grown = new Uint8Array(Math.max(held * 2, this.#capacity));
      grown.set(this.buffer.subarray(this.start, this.end));
      this.buffer = grown;
    }
    this.start = 0;
    this.end = held;
  }
}
