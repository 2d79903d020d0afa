import { socketError } from "../errors/mod.ts";
import type { WaitOptions } from "../wait/mod.ts";
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
    if (!this.#reader.isBusy && this.#locate()) {
      return Promise.resolve(this.#takeOne(options?.borrow));
    }
    return this.#read(options, () => this.#takeOne(options?.borrow));
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

/** The frames one by one: a promise a frame, but no wait where one is there. */
export class FrameIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #next: () => Promise<Uint8Array[] | null>;
  #frames: Uint8Array[] = [];
  #at = 0;

  constructor(next: () => Promise<Uint8Array[] | null>) {
    this.#next = next;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#at < this.#frames.length) {
      const value = this.#frames[this.#at++]!;
      return Promise.resolve({ done: false, value });
    }
    return this.#refill();
  }

  async #refill(): Promise<IteratorResult<Uint8Array>> {
    const frames = await this.#next();
    if (frames === null) return { done: true, value: undefined };
    this.#frames = frames;
    this.#at = 1;
    return { done: false, value: frames[0]! };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
