import type { WaitOptions } from "../internal/wait/mod.ts";
import { checkedFraming } from "./framing/codec_check.ts";
import {
  type FrameBounds,
  type Framing,
  newBounds,
} from "./framing/framing.ts";
import { type Bytes, Parser, truncated } from "./_parser.ts";
import type { StreamReader, Window } from "./_stream_reader.ts";

/** Options of reads of frames. */
export interface FrameReadOptions extends WaitOptions {
  /**
   * Whether frames are views of the connection's buffer, which saves a copy. They are
   * then valid only until the next read from the connection. By default the caller
   * may keep them, and frames may share their memory.
   *
   * @default {false}
   */
  borrow?: boolean | undefined;
}

/**
 * A read of frames; null at the end of the stream. Calls may share one: the search
 * continues where it stopped unless another read took bytes off the stream.
 */
abstract class FrameParser<T> extends Parser<T | null> {
  /** Whether frames are views of the connection's own buffer. */
  readonly borrow: boolean;
  protected readonly framing: Pick<Framing, "locate">;
  protected readonly bounds: FrameBounds = newBounds();
  /** Where in the stream the search began. */
  #position = -1;

  constructor(reader: StreamReader, framing: Framing, borrow: boolean) {
    super(reader);
    this.framing = checkedFraming(framing);
    this.borrow = borrow;
  }

  protected find({ buffer, start, end }: Window): number {
    const { bounds, reader } = this;
    if (bounds.searched > 0 && reader.position !== this.#position) {
      bounds.searched = 0;
    }
    if (this.framing.locate(buffer, start, end, bounds)) {
      return bounds.end - start;
    }
    this.#position = reader.position;
    return -1;
  }

  protected end(): null {
    if (this.reader.buffered === 0) return null;
    throw truncated("receive a frame", this.reader);
  }
}

/** One frame. */
export class NextFrame extends FrameParser<Uint8Array> {
  /** A copy of some of the stream, and where in the stream it begins. */
  #copy: Bytes = new Uint8Array(0);
  #copyAt = 0;

  protected take(length: number): Uint8Array {
    const { frameStart, frameEnd } = this.bounds;
    const frame = this.borrow
      ? this.reader.buffer.subarray(frameStart, frameEnd)
      : this.#keep(frameStart, frameEnd);
    this.reader.consume(length);
    return frame;
  }

  /**
   * A copy of `buffer[from, to)`. Where more is buffered, all of it is copied at
   * once, and the frames to come are views of that copy: memory of its own for
   * each would take ten times longer than the rest of the reading.
   */
  #keep(from: number, to: number): Uint8Array {
    const { buffer, start, end, bytesRead } = this.reader;
    const origin = bytesRead - end; // where buffer[0] is in the stream
    const at = origin + from - this.#copyAt;
    if (at >= 0 && origin + to - this.#copyAt <= this.#copy.length) {
      return new Uint8Array(this.#copy.buffer, at, to - from);
    }
    if (end - start < 2 * (to - from)) return buffer.slice(from, to);
    this.#copy = buffer.slice(start, end);
    this.#copyAt = origin + start;
    return new Uint8Array(this.#copy.buffer, from - start, to - from);
  }
}

/** All frames that are complete, at least one. */
export class FrameBatch extends FrameParser<Uint8Array[]> {
  /** One copy for the whole batch, of which the frames are views. */
  protected take(): Uint8Array[] {
    const { framing, bounds, reader } = this;
    const { start, end } = reader;
    const bytes = this.borrow ? reader.buffer : reader.buffer.slice(start, end);
    const shift = this.borrow ? 0 : start;
    const limit = end - shift;
    const memory = bytes.buffer;
    const offset = bytes.byteOffset;
    const frames: Uint8Array[] = [];
    let at = start - shift;
    try {
      while (framing.locate(bytes, at, limit, bounds)) {
        const size = bounds.frameEnd - bounds.frameStart;
        frames.push(new Uint8Array(memory, offset + bounds.frameStart, size));
        at = bounds.end;
      }
    } catch (error) { // the good frames first; the next read meets the bad one
      if (frames.length === 0) throw error;
    }
    reader.consume(at + shift - start);
    return frames;
  }
}
