import { socketError } from "../errors/mod.ts";
import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import { BuiltInFraming } from "./framing/built_in_framing.ts";
import { locateFrame } from "./framing/codec_check.ts";
import {
  type FrameBounds,
  type Framing,
  newBounds,
} from "./framing/framing.ts";
import { Parser } from "./_parser.ts";
import type { StreamReader } from "./_stream_reader.ts";

/** How frames are handed over. */
export interface FrameReadOptions extends WaitOptions {
  /**
   * Whether frames are views of the connection's own buffer, which saves a copy:
   * they are then valid only until the next read from the connection. Otherwise
   * they are the caller's to keep; those of one batch share their memory.
   *
   * @default {false}
   */
  borrow?: boolean | undefined;
}

/** Reads the frames of one framing off a connection's buffer. */
export class FrameReader {
  /** The framing. */
  readonly framing: Framing;
  readonly #reader: StreamReader;
  readonly #copies: Copies;
  /** Serves one call after the other, as long as no read waits. */
  #next: NextFrame;

  constructor(reader: StreamReader, framing: Framing) {
    this.#reader = reader;
    this.framing = framing;
    this.#copies = new Copies(reader);
    this.#next = new NextFrame(reader, framing, this.#copies);
  }

  /** Whether the connection is closed on this side. */
  get isClosed(): boolean {
    return this.#reader.isClosed;
  }

  /** The next frame; null at the end of the stream. */
  one(options: FrameReadOptions | undefined): Promise<Uint8Array | null> {
    const wait = checkWait(options);
    return this.#reader.call(this.#begin(options), wait);
  }

  /** As `one`, but undefined if that has to wait. */
  now(options: FrameReadOptions | undefined): Uint8Array | null | undefined {
    if (options !== undefined) checkWait(options);
    return this.#reader.now(this.#begin(options));
  }

  #begin(options: FrameReadOptions | undefined): NextFrame {
    if (this.#reader.isBusy) { // perhaps with this very call
      this.#next = new NextFrame(this.#reader, this.framing, this.#copies);
    }
    this.#next.begin(options?.borrow ?? false);
    return this.#next;
  }

  /** All frames that are complete, at least one; null at the end of the stream. */
  batch(options: FrameReadOptions | undefined): Promise<Uint8Array[] | null> {
    const wait = checkWait(options);
    const borrow = options?.borrow ?? false;
    const batch = new FrameBatch(this.#reader, this.framing, borrow);
    return this.#reader.call(batch, wait);
  }
}

/** What every read of frames does. */
abstract class FrameParser<T> extends Parser<T | null> {
  protected readonly framing: Framing;
  protected readonly bounds: FrameBounds = newBounds();
  readonly #isBuiltIn: boolean;

  constructor(reader: StreamReader, framing: Framing) {
    super(reader);
    this.framing = framing;
    this.#isBuiltIn = BuiltInFraming.has(framing);
  }

  protected find(bytes: Uint8Array, start: number, end: number): number {
    const { bounds } = this;
    return this.locate(bytes, start, end) ? bounds.end - start : -1;
  }

  protected locate(bytes: Uint8Array, start: number, end: number): boolean {
    const { framing, bounds } = this;
    return this.#isBuiltIn
      ? framing.locate(bytes, start, end, bounds)
      : locateFrame(framing, bytes, start, end, bounds);
  }

  protected end(reader: StreamReader): null {
    if (reader.buffered === 0) return null;
    throw socketError("EOF", {
      action: "receive a frame",
      syscall: "recv",
      reason:
        `the stream ended after ${reader.buffered} bytes of it, which can still be read`,
    });
  }
}

/** One frame. */
class NextFrame extends FrameParser<Uint8Array> {
  readonly #copies: Copies;
  #borrow = false;

  constructor(reader: StreamReader, framing: Framing, copies: Copies) {
    super(reader, framing);
    this.#copies = copies;
  }

  /** Begins another call. Others may have read since the last one. */
  begin(borrow: boolean): void {
    this.#borrow = borrow;
    this.bounds.searched = 0;
  }

  protected take(reader: StreamReader, length: number): Uint8Array {
    const { frameStart, frameEnd } = this.bounds;
    const frame = this.#borrow
      ? reader.buffer.subarray(frameStart, frameEnd)
      : this.#copies.keep(frameStart, frameEnd);
    reader.consume(length);
    return frame;
  }
}

/** All frames that are complete. */
class FrameBatch extends FrameParser<Uint8Array[]> {
  readonly #borrow: boolean;

  constructor(reader: StreamReader, framing: Framing, borrow: boolean) {
    super(reader, framing);
    this.#borrow = borrow;
  }

  /** One copy for the whole batch, of which the frames are views. */
  protected take(reader: StreamReader): Uint8Array[] {
    const { start, end } = reader;
    const bytes = this.#borrow
      ? reader.buffer
      : reader.buffer.slice(start, end);
    const shift = this.#borrow ? 0 : start;
    const limit = end - shift;
    const memory = bytes.buffer;
    const offset = bytes.byteOffset;
    const { bounds } = this;
    const frames: Uint8Array[] = [];
    let at = start - shift;
    let failure: unknown;
    try {
      while (this.locate(bytes, at, limit)) {
        const size = bounds.frameEnd - bounds.frameStart;
        frames.push(new Uint8Array(memory, offset + bounds.frameStart, size));
        at = bounds.end;
      }
    } catch (error) { // the good frames first; the next read meets the bad one
      failure = error;
    }
    if (frames.length === 0 && failure !== undefined) throw failure;
    reader.consume(at + shift - start);
    return frames;
  }
}

/** Copies of frames, many of them in one piece of memory. */
class Copies {
  readonly #reader: StreamReader;
  /** A copy of some of the stream, and where in the stream it begins. */
  #copy: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #copyAt = 0;

  constructor(reader: StreamReader) {
    this.#reader = reader;
  }

  /**
   * A copy of `buffer[from, to)`. Where more is buffered, all of it is copied at
   * once, and the frames to come are views of that copy: memory of its own for
   * each would take ten times longer than the rest of the reading.
   */
  keep(from: number, to: number): Uint8Array {
    const { buffer, start, end, buffered, bytesRead } = this.#reader;
    const origin = bytesRead - buffered - start; // where buffer[0] is in the stream
    const at = origin + from - this.#copyAt;
    if (at >= 0 && origin + to - this.#copyAt <= this.#copy.length) {
      return new Uint8Array(this.#copy.buffer, at, to - from);
    }
    if (buffered < 2 * (to - from)) return buffer.slice(from, to);
    this.#copy = buffer.slice(start, end);
    this.#copyAt = origin + start;
    return new Uint8Array(this.#copy.buffer, from - start, to - from);
  }
}

/**
 * The frames one by one. It takes no frame from the connection before it is
 * asked for, so that whoever stops early leaves the others to the next reader.
 */
export class FrameIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #frames: FrameReader;
  readonly #options: FrameReadOptions | undefined;
  #isDone = false;

  constructor(frames: FrameReader, options: FrameReadOptions | undefined) {
    this.#frames = frames;
    this.#options = options;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    try {
      const value = this.#frames.now(this.#options);
      if (value !== undefined) return Promise.resolve(this.#result(value));
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
    return this.#wait();
  }

  async #wait(): Promise<IteratorResult<Uint8Array>> {
    try {
      return this.#result(await this.#frames.one(this.#options));
    } catch (error) {
      if (this.#frames.isClosed) return this.#result(null);
      throw error;
    }
  }

  #result(value: Uint8Array | null): IteratorResult<Uint8Array> {
    if (value !== null) return { done: false, value };
    this.#isDone = true;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#isDone = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
