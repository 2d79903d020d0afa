/** The buffer of a connection that has received little, in bytes. */
const MIN_CAPACITY = 2 * 1024;
/**
 * The largest buffer that an idle connection keeps, in bytes: a larger one is
 * given back once it is empty.
 */
const IDLE_CAPACITY = 16 * 1024;
/** The buffer of a connection that receives all the time, in bytes. */
const MAX_CAPACITY = 256 * 1024;
/** How much more room the next fill gets if the last one left none. */
const GROWTH = 16;
/** Fewer bytes than this are copied faster one by one than by a view of them. */
const SMALL_COPY = 128;

const EMPTY = new Uint8Array(0);

/**
 * A window of bytes that slides over a stream: new ones come in behind, and are
 * taken off in front.
 *
 * The memory follows what the stream brings. While each fill brings as much as
 * there is room for, the next one gets more room; after one that brings less, the
 * connection may be idle, and gets little. A message that does not fit doubles
 * the buffer, so that each of its bytes is moved at most twice.
 */
export class SlidingBuffer {
  /** The memory, of which `[start, end)` is still to be read. */
  buffer: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** How much room the next fill gets. */
  #capacity = MIN_CAPACITY;
  /** Whether the source is filling the room, so that the memory has to stay. */
  #isLent = false;
  /** A large buffer that was given back: until it is collected, it can serve again. */
  #spare: WeakRef<Uint8Array> | undefined;

  /** How many bytes can be read without waiting. */
  get buffered(): number {
    return this.end - this.start;
  }

  /** Forgets all, and gives the memory back. */
  drop(): void {
    this.buffer = EMPTY;
    this.start = this.end = 0;
    this.#spare = undefined;
    this.#isLent = false;
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
    if (
      this.start === this.end && this.buffer.length > IDLE_CAPACITY &&
      !this.#isLent
    ) {
      this.#giveBack();
    }
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

  /** Where the next bytes go, until `extend` or `drop`. */
  room(): Uint8Array {
    if (this.start === this.end) this.start = this.end = 0;
    this.#reserve();
    this.#isLent = true;
    return this.end === 0 ? this.buffer : this.buffer.subarray(this.end);
  }

  /** `count` bytes have come into the room. */
  extend(count: number): void {
    this.#isLent = false;
    if (count === this.buffer.length - this.end) { // there may well be more
      this.#capacity = Math.min(this.buffer.length * GROWTH, MAX_CAPACITY);
    } else { // that was all for now
      const capacity = Math.min(this.#capacity, IDLE_CAPACITY);
      this.#capacity = count * 8 < capacity
        ? Math.max(capacity / 4, MIN_CAPACITY)
        : capacity;
    }
    this.end += count;
  }

  /** Makes room behind the buffered bytes. */
  #reserve(): void {
    const held = this.buffered;
    const size = this.buffer.length;
    const wanted = this.#capacity;
    const isOversized = size > wanted * 4 && held * 4 < size;
    if (!isOversized && size - this.end >= wanted / 2) return;
    if (isOversized || held * 2 > size || size < wanted) {
      this.#moveTo(this.#allocate(Math.max(held * 2, wanted)));
    } else {
      this.buffer.copyWithin(0, this.start, this.end);
    }
    this.start = 0;
    this.end = held;
  }

  #moveTo(memory: Uint8Array): void {
    memory.set(this.buffer.subarray(this.start, this.end));
    if (this.buffer.length > memory.length) this.#keepSpare();
    this.buffer = memory;
  }

  #allocate(size: number): Uint8Array {
    const spare = this.#spare?.deref();
    const isFit = spare !== undefined && spare !== this.buffer &&
      spare.length >= size && spare.length <= size * 4;
    return isFit ? spare : new Uint8Array(size);
  }

  /** Lets the garbage collector have a large buffer, unless it is needed before. */
  #giveBack(): void {
    this.#keepSpare();
    this.buffer = EMPTY;
    this.start = this.end = 0;
  }

  #keepSpare(): void {
    if (this.#spare?.deref() !== this.buffer) {
      this.#spare = new WeakRef(this.buffer);
    }
  }
}
