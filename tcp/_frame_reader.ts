import { socketError } from "../errors/mod.ts";
import { isBounded, type WaitOptions } from "../wait/mod.ts";
import {
  type FrameBounds,
  type Framing,
  newBounds,
} from "./framing/framing.ts";
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

/** Reads frames off a connection's buffer. */
export class FrameReader {
  readonly #reader: StreamReader;
  readonly #framing: Framing;
  readonly #bounds: FrameBounds = newBounds();

  constructor(reader: StreamReader, framing: Framing) {
    this.#reader = reader;
    this.#framing = framing;
  }

  /** The next frame; null at the end of the stream. */
  one(
    options: FrameReadOptions | undefined,
  ): Promise<Uint8Array | null> {
    try {
      const frame = this.now(options);
      if (frame !== undefined) return Promise.resolve(frame);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#read(options, () => this.#takeOne(options?.borrow));
  }

  /** The next frame, where it is there and nobody and nothing has to be asked. */
  now(options: FrameReadOptions | undefined): Uint8Array | undefined {
    if (this.#reader.isBusy || isBounded(options)) return undefined;
    // Others may have read since the last search: it says nothing any more.
    this.#bounds.searched = 0;
    return this.#locate() ? this.#takeOne(options?.borrow) : undefined;
  }

  /** All frames that are complete, at least one; null at the end of the stream. */
  batch(
    options: FrameReadOptions | undefined,
  ): Promise<Uint8Array[] | null> {
    return this.#read(options, () => this.#takeAll(options?.borrow));
  }

  #read<T>(
    options: WaitOptions | undefined,
    take: () => T,
  ): Promise<T | null> {
    const reader = this.#reader;
    return reader.exclusive(
      options,
      "recv",
      async (turn) => {
        this.#bounds.searched = 0;
        while (!this.#locate()) {
          if (!await reader.fill(turn)) return false;
        }
        return true;
      },
      (isComplete) => {
        if (isComplete) return take();
        if (reader.buffered === 0) return null;
        throw socketError("EOF", {
          action: "receive a frame",
          syscall: "recv",
          reason:
            `the stream ended after ${reader.buffered} bytes of it, which can still be read`,
        });
      },
    );
  }

  #locate(): boolean {
    const { buffer, start, end } = this.#reader;
    return this.#framing.locate(buffer, start, end, this.#bounds);
  }

  #takeOne(borrow = false): Uint8Array {
    const reader = this.#reader;
    const { frameStart, frameEnd, end } = this.#bounds;
    const frame = borrow
      ? reader.buffer.subarray(frameStart, frameEnd)
      : this.#keep(frameStart, frameEnd);
    reader.consume(end - reader.start);
    return frame;
  }

  /**
   * A copy of `buffer[from, to)`. Where more is buffered, all of it is copied at
   * once, and the frames to come are views of that copy: memory of its own for
   * each would take ten times longer than the rest of the reading.
   */
  #keep(from: number, to: number): Uint8Array {
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

  /** A copy of some of the stream, and where in the stream it begins. */
  #copy: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #copyAt = 0;

  /** One copy for the whole batch, of which the frames are views. */
  #takeAll(borrow = false): Uint8Array[] {
    const reader = this.#reader;
    const { start, end } = reader;
    const bytes = borrow ? reader.buffer : reader.buffer.slice(start, end);
    const shift = borrow ? 0 : start;
    const limit = end - shift;
    const memory = bytes.buffer;
    const offset = bytes.byteOffset;
    const framing = this.#framing;
    const bounds = this.#bounds;
    const frames: Uint8Array[] = [];
    let at = start - shift;
    let failure: unknown;
    try {
      while (framing.locate(bytes, at, limit, bounds)) {
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

/**
 * The frames one by one. It takes no frame from the connection before it is
 * asked for, so that whoever stops early leaves the others to the next reader.
 */
export class FrameIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #now: () => Uint8Array | undefined;
  readonly #next: () => Promise<Uint8Array | null>;
  #isDone = false;

  constructor(
    now: () => Uint8Array | undefined,
    next: () => Promise<Uint8Array | null>,
  ) {
    this.#now = now;
    this.#next = next;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    try {
      const value = this.#now();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
    return this.#wait();
  }

  async #wait(): Promise<IteratorResult<Uint8Array>> {
    const value = await this.#next();
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
