import { takenAway } from "../internal/check/mod.ts";
import { truncated } from "./_parser.ts";
import { StreamCall, type StreamReader } from "./_stream_reader.ts";

/** Reads into less than this go through the buffer, to save calls, in bytes. */
const SMALL_READ = 4 * 1024;

/** A read into the caller's memory. */
abstract class MemoryRead<B extends Uint8Array, T> extends StreamCall<T> {
  protected readonly target: B;
  /** How many bytes are filled. */
  protected filled = 0;
  /** Why the source refused the memory. */
  protected fault: TypeError | undefined = undefined;
  /**
   * Whether the memory may hold a part of the result while the read waits: not
   * if it is small, if the read may be cancelled, or if the memory may shrink.
   */
  protected readonly canHoldParts: boolean;
  readonly #size: number;

  constructor(reader: StreamReader, target: B, isBounded: boolean) {
    super(reader);
    this.target = target;
    this.#size = target.length;
    this.canHoldParts = !isBounded && target.length >= SMALL_READ &&
      !isResizable(target.buffer);
  }

  /** How many bytes are to be filled. */
  protected get lacking(): number {
    return this.#size - this.filled;
  }

  /** Moves bytes from the buffer to the memory, as many as both have. */
  protected move(): void {
    if (this.target.length !== this.#size) throw takenAway("read into");
    this.filled += this.reader.moveInto(this.#rest());
  }

  #rest(): Uint8Array {
    return this.filled === 0 ? this.target : this.target.subarray(this.filled);
  }

  override offer(): Uint8Array | undefined {
    const isOffer = this.canHoldParts && this.lacking >= SMALL_READ &&
      this.target.length === this.#size;
    return isOffer ? this.#rest() : undefined;
  }

  override onFilled(count: number): void {
    this.filled += count;
  }

  override onRefused(fault: TypeError): void {
    this.fault = fault;
  }

  /** Puts what is filled in front of the stream again. */
  protected putBack(): void {
    const { target, filled } = this;
    this.filled = 0;
    // Memory that was transferred took its bytes along.
    if (filled > 0 && target.length === this.#size) {
      this.reader.putBack(target.subarray(0, filled));
    }
  }
}

function isResizable(memory: ArrayBufferLike): boolean {
  return memory instanceof ArrayBuffer ? memory.resizable : memory.growable;
}

/** C's `read`: what there is, at least a byte; null at the end of the stream. */
export class ReadSome extends MemoryRead<Uint8Array, number | null> {
  override get syscall(): string {
    return "read";
  }

  attempt(): number | null | undefined {
    const { reader } = this;
    if (this.filled === 0 && reader.buffered > 0) this.move();
    if (this.filled > 0) return this.filled;
    if (this.fault !== undefined) throw this.fault;
    return reader.hasEnded ? null : undefined;
  }
}

/** `recv` with MSG_WAITALL into memory of the caller's. */
export class ReadWhole<B extends Uint8Array> extends MemoryRead<B, B> {
  attempt(): B | undefined {
    const { reader } = this;
    try {
      if (this.fault !== undefined) throw this.fault;
      if (this.canHoldParts || reader.buffered >= this.lacking) this.move();
      if (this.lacking === 0) return this.target;
      if (!reader.hasEnded) return undefined;
    } catch (error) {
      this.putBack();
      throw error;
    }
    const count = this.filled + this.lacking;
    this.putBack();
    throw truncated(count, reader.buffered);
  }
}
