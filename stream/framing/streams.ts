import { socketError } from "../../errors/mod.ts";
import { checkBytes } from "../_check.ts";
import { encodeFrame } from "./bytes.ts";
import { checkedFraming } from "./codec_check.ts";
import { type FrameBounds, type Framing, newBounds } from "./framing.ts";

const EMPTY = new Uint8Array(0);

/** Collects chunks until frames are complete; its memory grows as bytes come. */
class Collector {
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #end = 0;
  readonly #framing: Pick<Framing, "locate">;
  readonly #bounds: FrameBounds = newBounds();

  constructor(framing: Framing) {
    this.#framing = checkedFraming(framing);
  }

  get held(): number {
    return this.#end;
  }

  *add(chunk: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    checkBytes(chunk);
    const needed = this.#end + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#end));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end = needed;
    let start = 0;
    const bounds = this.#bounds;
    const framing = this.#framing;
    while (framing.locate(this.#buffer, start, this.#end, bounds)) {
      yield this.#buffer.slice(bounds.frameStart, bounds.frameEnd);
      start = bounds.end;
    }
    this.#buffer.copyWithin(0, start, this.#end);
    this.#end -= start;
    if (this.#end === 0) this.#buffer = EMPTY;
  }
}

/** Gives the frames in the chunks of another stream, one for each pull. */
class FrameSource implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array>;
  readonly #collector: Collector;
  /** What is complete of the last chunk. */
  #frames: Iterator<Uint8Array<ArrayBuffer>> | undefined;

  constructor(chunks: ReadableStream<Uint8Array>, framing: Framing) {
    this.#chunks = chunks.getReader();
    this.#collector = new Collector(framing);
  }

  async pull(
    controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    try {
      const frame = await this.#next();
      if (frame === undefined) controller.close();
      else controller.enqueue(frame);
    } catch (error) { // who writes is told, too
      await this.#chunks.cancel(error);
      throw error;
    }
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const frame = this.#frames?.next();
      if (frame?.done === false) return frame.value;
      const chunk = await this.#chunks.read();
      if (chunk.done) break;
      this.#frames = this.#collector.add(chunk.value);
    }
    const { held } = this.#collector;
    if (held === 0) return undefined;
    throw socketError("EOF", {
      action: "receive a frame",
      reason: `the stream ended after ${held} bytes of it`,
    });
  }

  cancel(reason: unknown): Promise<void> {
    return this.#chunks.cancel(reason);
  }
}

/**
 * A web stream that takes chunks of bytes, however cut, and gives frames.
 *
 * It fails with a `FrameError` where a frame is too large or malformed, and with
 * an `UnexpectedEofError` where the chunks end inside one; the frames in front of
 * that are given first.
 *
 * @example Frames from a stream
 * ```ts
 * import { FrameDecoderStream, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const frames = await Array.fromAsync(
 *   ReadableStream.from([new Uint8Array([2, 7]), new Uint8Array([8, 1, 9])])
 *     .pipeThrough(new FrameDecoderStream(lengthPrefixFraming(1))),
 * );
 * assertEquals(frames.map((frame) => [...frame]), [[7, 8], [9]]);
 * ```
 */
export class FrameDecoderStream
  implements TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /** The frames. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the chunks. */
  readonly writable: WritableStream<Uint8Array>;

  /** Makes a decoder. */
  constructor(framing: Framing) {
    const chunks = new TransformStream<Uint8Array, Uint8Array>();
    this.writable = chunks.writable;
    // None ahead of the reader: a stream that fails forgets what it holds.
    this.readable = new ReadableStream(
      new FrameSource(chunks.readable, framing),
      { highWaterMark: 0 },
    );
  }
}

/**
 * A web stream that takes frames and gives them as they go over the wire.
 *
 * @example Frames to a stream
 * ```ts
 * import { FrameEncoderStream, netstringFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const [encoded] = await Array.fromAsync(
 *   ReadableStream.from([new TextEncoder().encode("abc")])
 *     .pipeThrough(new FrameEncoderStream(netstringFraming())),
 * );
 * assertEquals(new TextDecoder().decode(encoded), "3:abc,");
 * ```
 */
export class FrameEncoderStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  /** Makes an encoder. */
  constructor(framing: Framing) {
    super({
      transform(frame, controller) {
        controller.enqueue(encodeFrame(framing, frame));
      },
    });
  }
}
