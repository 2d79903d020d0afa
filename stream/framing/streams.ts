import { socketError } from "../../errors/mod.ts";
import { checkBytes } from "../_check.ts";
import { encodeFrame } from "./bytes.ts";
import { checkedFraming } from "./codec_check.ts";
import { type Framing, newBounds } from "./framing.ts";

const EMPTY = new Uint8Array(0);

/**
 * Yields the frames in chunks of bytes. The memory for a frame in several chunks
 * grows as they come.
 */
async function* decode(
  chunks: ReadableStreamDefaultReader<Uint8Array>,
  framing: Framing,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const { locate } = checkedFraming(framing);
  const bounds = newBounds();
  let buffer: Uint8Array<ArrayBuffer> = EMPTY;
  let held = 0;
  for (;;) {
    const { done, value: chunk } = await chunks.read();
    if (done) break;
    checkBytes(chunk);
    const end = held + chunk.length;
    if (end > buffer.length) {
      const grown = new Uint8Array(Math.max(end, buffer.length * 2));
      grown.set(buffer.subarray(0, held));
      buffer = grown;
    }
    buffer.set(chunk, held);
    let start = 0;
    while (locate(buffer, start, end, bounds)) {
      yield buffer.slice(bounds.frameStart, bounds.frameEnd);
      start = bounds.end;
    }
    buffer.copyWithin(0, start, end);
    held = end - start;
    if (held === 0) buffer = EMPTY;
  }
  if (held === 0) return;
  throw socketError("EOF", {
    action: "receive a frame",
    reason: `the stream ended after ${held} bytes of it`,
  });
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
    const { readable, writable } = new TransformStream<Uint8Array>();
    const chunks = readable.getReader();
    const frames = decode(chunks, framing);
    this.writable = writable;
    this.readable = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await frames.next();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) { // the writer fails, too
          await chunks.cancel(error);
          throw error;
        }
      },
      cancel: (reason) => chunks.cancel(reason),
    }, { highWaterMark: 0 }); // none ahead of the reader: a failure drops it
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
