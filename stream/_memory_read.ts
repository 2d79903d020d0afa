import { takenAway } from "../internal/check/mod.ts";
import { truncated } from "./_parser.ts";
import { StreamCall, type StreamReader } from "./_stream_reader.ts";

/** Reads into less than this go through the buffer, to save calls, in bytes. */
const SMALL_READ = 4 * 1024;

/** A read into the caller's memory. */
abstract class MemoryRead<B extends Uint8Array, T> extends StreamCall<T> {
  protected readonly target: B;
  protected readonly size: number;
  /** How many bytes are filled. */
  protected filled = 0;
  /** How many bytes settle the read. */
  readonly #least: number;
  /**
   * Whether the memory may hold a part of the result while the read waits: not
   * if it is small, if the read may be cancelled, or if the memory may shrink.
   */
  readonly #canHoldParts: boolean;
  /** Why the source refused the memory. */
  #fault: TypeError | undefined = undefined;

  constructor(
    reader: StreamReader,
    target: B,
    least: number,
    isBounded: boolean,
  ) {
    super(reader);
    this.target = target;
    this.size = target.length;
    this.#least = least;
    this.#canHoldParts = !isBounded && this.size >= SMALL_READ &&
      !isResizable(target.buffer);
  }

  attempt(): T | undefined {
    try {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.filled < this.#least) this.#move();
      if (this.filled >= this.#least) return this.result();
      if (!this.reader.hasEnded) return undefined;
    } catch (error) {
      this.#putBack();
      throw error;
    }
    this.#putBack();
    return this.end();
  }

  protected abstract result(): T;

  /** Returns the result if the stream ends first, or throws. */
  protected abstract end(): T;

  /** Moves bytes from the buffer to the memory, if that brings the read on. */
  #move(): void {
    const { buffered } = this.reader;
    const isEnough = this.filled + buffered >= this.#least;
    if (!isEnough && !this.#canHoldParts) return;
    this.checkTarget();
    if (buffered > 0) this.filled += this.reader.moveInto(this.#rest());
  }

  /** Refuses memory that was transferred while the read was pending. */
  protected checkTarget(): void {
    if (this.target.length !== this.size) throw takenAway("read into");
  }

  #rest(): Uint8Array {
    return this.filled === 0 ? this.target : this.target.subarray(this.filled);
  }

  override offer(): Uint8Array | undefined {
    const isOffer = this.#canHoldParts && this.target.length === this.size &&
      this.size - this.filled >= SMALL_READ;
    return isOffer ? this.#rest() : undefined;
  }

  override onFilled(count: number): void {
    this.filled += count;
  }

  override onRefused(fault: TypeError): void {
    this.#fault = fault;
  }

  /** Puts what is filled in front of the stream again. */
  #putBack(): void {
    const { target, filled } = this;
    this.filled = 0;
    // Memory that was transferred took its bytes along.
    if (filled > 0 && target.length === this.size) {
      this.reader.putBack(target.subarray(0, filled));
    }
  }
}

function isResizable(memory: ArrayBufferLike): boolean {
  return memory instanceof ArrayBuffer ? memory.resizable : memory.growable;
}

/** C's `read`: what is available, at least a byte; null at the end of the stream. */
export class ReadSome extends MemoryRead<Uint8Array, number | null> {
  constructor(reader: StreamReader, target: Uint8Array, isBounded: boolean) {
    super(reader, target, 1, isBounded);
  }

  override get syscall(): string {
    return "read";
  }

  protected result(): number {
    return this.filled;
  }

  protected end(): null {
    return null;
  }
}

/** `recv` with MSG_WAITALL into the caller's memory. */
export class ReadWhole<B extends Uint8Array> extends MemoryRead<B, B> {
  constructor(reader: StreamReader, target: B, isBounded: boolean) {
    super(reader, target, target.length, isBounded);
  }

  protected result(): B {
    this.checkTarget();
    return this.target;
  }

  protected end(): B {
    throw truncated(`read ${this.size} bytes`, this.reader);
  }
}
