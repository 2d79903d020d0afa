import {
  type Call,
  CallQueue,
  defer,
  type Deferred,
  type QueueOwner,
  type Timers,
  type Wait,
} from "../internal/wait/mod.ts";
import type { ConnErrors } from "./_conn_errors.ts";
import type { Refusal } from "./_refusal.ts";
import type { StreamTransport } from "./_transport.ts";

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

/** A read, pending until the buffer holds what it needs. */
export abstract class StreamCall<T> implements Call<T> {
  protected readonly reader: StreamReader;

  constructor(reader: StreamReader) {
    this.reader = reader;
  }

  abstract attempt(): T | undefined;

  timeoutError(): Error {
    return this.reader.errors.timeout(this.syscall);
  }

  /** The C call that it stands for. */
  get syscall(): string {
    return "recv";
  }

  /** Returns the caller's memory if the source may fill it instead of the buffer. */
  offer(): Uint8Array | undefined {
    return undefined;
  }

  /** `count` bytes have come into the memory offered. */
  onFilled(_count: number): void {}

  /** The source has refused the memory offered. */
  onRefused(_fault: TypeError): void {}
}

/** The bytes that are buffered: `buffer[start, end)`. */
export interface Window {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * A window of bytes that slides over a stream. New bytes are added at its end, and
 * taken off at its start.
 *
 * Its size follows the traffic. If a fill uses all of its room, the next one gets
 * more. If it uses less, the connection may be idle, and the next one gets little. A
 * message that does not fit doubles the buffer, so that each of its bytes is moved at
 * most twice.
 */
class SlidingBuffer implements Window {
  /** The memory, of which `[start, end)` is still to be read. */
  buffer: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** How much room the next fill gets. */
  #capacity = MIN_CAPACITY;
  /** Whether the source is filling the room, so that the memory has to stay. */
  #isLent = false;
  /** A large buffer that was released. It is used again unless it was collected. */
  #spare: WeakRef<Uint8Array> | undefined;

  /** How many bytes can be read without waiting. */
  get buffered(): number {
    return this.end - this.start;
  }

  /** Drops all bytes, and releases the memory. */
  drop(): void {
    this.buffer = EMPTY;
    this.start = this.end = 0;
    this.#spare = undefined;
    this.#isLent = false;
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

  /** Returns a copy of the next `count` bytes, which stay buffered. */
  copy(count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(
      this.buffer.subarray(this.start, this.start + count),
    );
  }

  /** Takes `count` bytes off, and returns a copy of them. */
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

  /** Returns where the next bytes go, until `extend` or `drop`. */
  room(): Uint8Array {
    if (this.start === this.end) this.start = this.end = 0;
    this.#reserve();
    this.#isLent = true;
    return this.end === 0 ? this.buffer : this.buffer.subarray(this.end);
  }

  /** Adds `count` bytes that the source wrote to the room. */
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
      const memory = this.#allocate(Math.max(held * 2, wanted));
      memory.set(this.buffer.subarray(this.start, this.end));
      if (size > memory.length) this.#keepSpare();
      this.buffer = memory;
    } else {
      this.buffer.copyWithin(0, this.start, this.end);
    }
    this.start = 0;
    this.end = held;
  }

  #allocate(size: number): Uint8Array {
    const spare = this.#spare?.deref();
    const isFit = spare !== undefined && spare !== this.buffer &&
      spare.length >= size && spare.length <= size * 4;
    return isFit ? spare : new Uint8Array(size);
  }

  /** Releases a large buffer, which is used again unless it was collected. */
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

/**
 * The reading half of a connection: a buffer that slides over the stream, and a
 * queue of reads.
 *
 * A read takes all that it needs from the buffer, or nothing. It is attempted at its
 * call and after each fill. Only a read that cannot be cancelled fills the caller's
 * memory part by part. The fill that a cancelled read began serves the next read.
 * There is one fill at a time.
 */
export class StreamReader extends SlidingBuffer implements QueueOwner {
  /** How many bytes have been received. */
  bytesRead = 0;

  /** The errors of the connection. */
  readonly errors: ConnErrors;
  /** Called when a read has reported the end or a failure, and by `close`. */
  onOver: (() => void) | undefined = undefined;
  readonly #transport: StreamTransport;
  readonly timers: Timers;
  readonly #reads = new CallQueue<StreamCall<unknown>>(this);
  #filling: Promise<void> | undefined;
  /** Whether a pending fill may keep the program alive. */
  #isHeld = true;
  /** The read whose memory is being filled, instead of the buffer. */
  #offering: StreamCall<unknown> | undefined;
  /** Whether the peer has ended its side. */
  #isAtEnd = false;
  /** Whether this side has stopped reading, so that nothing is kept. */
  #isDropping = false;
  #failure: Refusal | undefined;
  #closed: Refusal | undefined;
  /** For the next owner of the source: how much the pending fill brings. */
  #heir: Deferred<number | null> | undefined;

  constructor(transport: StreamTransport, errors: ConnErrors, timers: Timers) {
    super();
    this.#transport = transport;
    this.errors = errors;
    this.timers = timers;
  }

  /** Where in the stream the next byte is. */
  get position(): number {
    return this.bytesRead - this.buffered;
  }

  /** Whether a read is pending, so that what is buffered belongs to it. */
  get isBusy(): boolean {
    return !this.#reads.isEmpty;
  }

  /** Whether the runtime is reading into a buffer of ours or of a caller's. */
  get isFilling(): boolean {
    return this.#filling !== undefined;
  }

  /** Whether `close` was called. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Whether nothing follows what is buffered.
   *
   * @throws {SocketError} If the stream has failed.
   */
  get hasEnded(): boolean {
    if (this.#isDropping) return true;
    if (this.#failure !== undefined) {
      this.onOver?.();
      throw this.#failure();
    }
    if (this.#isAtEnd && this.buffered === 0) this.onOver?.();
    return this.#isAtEnd;
  }

  /** Resolves with the result of a read. */
  call<T>(call: StreamCall<T>, wait: Wait | undefined): Promise<T> {
    return this.#closed === undefined
      ? this.#reads.call(call, wait)
      : Promise.reject(this.#closed());
  }

  /** Returns the result of a read that needs not wait; else undefined. */
  now<T>(call: StreamCall<T>): T | undefined {
    return this.#closed === undefined ? this.#reads.now(call) : undefined;
  }

  /** Takes all that is buffered, and what follows it. */
  takeAll(rest: Uint8Array = EMPTY): Uint8Array<ArrayBuffer> {
    const { buffered } = this;
    const all = new Uint8Array(buffered + rest.length);
    all.set(rest, buffered);
    this.moveInto(all.subarray(0, buffered));
    return all;
  }

  /** C's `read` into no memory: it never waits, but reports the end of the stream. */
  readNothing(): Promise<number | null> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed());
    return Promise.resolve(this.buffered === 0 && this.hasEnded ? null : 0);
  }

  /** Puts the bytes of a read that failed in front of the stream again. */
  putBack(bytes: Uint8Array): void {
    if (this.#isDropping) return;
    const all = new Uint8Array(bytes.length + this.buffered);
    all.set(bytes);
    all.set(this.buffer.subarray(this.start, this.end), bytes.length);
    this.buffer = all;
    this.start = 0;
    this.end = all.length;
  }

  /**
   * Returns what the pending fill will bring, for the next owner of the source;
   * undefined if there is none. Only before `close`.
   */
  bequeath(): Promise<Uint8Array<ArrayBuffer> | null> | undefined {
    if (this.#filling === undefined) return undefined;
    const room = this.buffer.subarray(this.end) as Uint8Array<ArrayBuffer>;
    this.#heir = defer();
    const bytes = this.#heir.promise
      .then((count) => count === null ? null : room.slice(0, count));
    bytes.catch(() => {}); // the owner may close the source without reading
    return bytes;
  }

  /** Drops what is buffered, and rejects pending and later reads. */
  close(closed: Refusal): void {
    this.#closed = closed;
    this.#isDropping = true;
    this.drop();
    if (this.isBusy) this.#reads.close(closed());
    this.onOver?.();
  }

  /** Ends the stream for reads: drops what is buffered and what arrives later. */
  endNow(): void {
    this.#isDropping = true;
    this.drop();
    this.#reads.run();
  }

  /** After `endNow`, reads and drops what comes until the peer ends its side. */
  async discard(dropped: Uint8Array): Promise<void> {
    this.#hold(true);
    for (;;) {
      await this.#filling;
      if (this.#closed !== undefined) throw this.#closed();
      if (this.#failure !== undefined) throw this.#failure();
      if (this.#isAtEnd) return;
      this.#startFill(dropped);
    }
  }

  /** Has the source fill the memory that the first read offers, or the buffer. */
  onWaiting(): void {
    this.#hold(true);
    if (this.#filling !== undefined) return;
    const first = this.#reads.first;
    const offer = this.buffered > 0 ? undefined : first?.offer();
    this.#startFill(offer ?? this.room());
    if (offer !== undefined) this.#offering = first;
  }

  /** Lets the program end: no read is pending any more. */
  onIdle(): void {
    this.#hold(false);
  }

  /** A fill that a cancelled read began does not keep the program alive. */
  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#transport.holdRead?.(isHeld);
  }

  #startFill(room: Uint8Array): void {
    this.#filling = this.#transport.read(room)
      .then(this.#onFilled, this.#onFailed);
  }

  readonly #onFilled = (count: number | null): void => {
    if (this.#heir !== undefined) return this.#heir.resolve(count);
    const offering = this.#endFill();
    if (count === null) {
      this.#isAtEnd = true;
    } else {
      this.bytesRead += count;
      if (offering !== undefined) offering.onFilled(count);
      else if (!this.#isDropping) this.extend(count);
    }
    this.#reads.run();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#heir?.reject(error);
    const offering = this.#endFill();
    if (this.#closed !== undefined) return;
    if (offering !== undefined && error instanceof TypeError) {
      offering.onRefused(error); // about its memory: the stream is whole
    } else {
      const failure = this.errors.failure(error, "read");
      this.#failure = () => failure;
    }
    this.#reads.run();
  };

  /** Returns the read whose memory was filled, if it was not the buffer. */
  #endFill(): StreamCall<unknown> | undefined {
    const offering = this.#offering;
    this.#filling = this.#offering = undefined;
    return offering;
  }
}
