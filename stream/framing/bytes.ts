import { checkBytes } from "../_check.ts";
import { checkedFraming } from "./codec_check.ts";
import { encodeShared } from "./encode.ts";
import { type Framing, isBuiltIn, newBounds } from "./framing.ts";

/**
 * A frame as it goes over the wire.
 *
 * @throws {FrameError} When the frame is larger than the limit, or cannot be
 * framed.
 * @throws {TypeError} If `frame` is not a `Uint8Array`, or the framing breaks the
 * contract of `Framing`.
 *
 * @example A frame with its length in front
 * ```ts
 * import { encodeFrame, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const encoded = encodeFrame(lengthPrefixFraming(1), new Uint8Array([7, 8]));
 * assertEquals([...encoded], [2, 7, 8]);
 * ```
 */
export function encodeFrame(
  framing: Framing,
  frame: Uint8Array,
): Uint8Array<ArrayBuffer> {
  checkBytes(frame);
  if (!isBuiltIn(framing)) {
    return new Uint8Array(encodeShared(framing, frame));
  }
  const encoded = new Uint8Array(framing.encodedSize(frame));
  framing.encodeInto(frame, encoded, 0);
  return encoded;
}

/** What {@linkcode decodeFrames} found. */
export interface DecodedFrames {
  /** The complete frames, as views of the bytes given. */
  frames: Uint8Array[];
  /** What is left: the beginning of the next frame, or nothing. */
  rest: Uint8Array;
}

/**
 * All complete frames in `bytes`, and what is left.
 *
 * @throws {FrameError} When a frame is larger than the limit, or malformed.
 * @throws {TypeError} If `bytes` is not a `Uint8Array`, or the framing breaks the
 * contract of `Framing`.
 *
 * @example A datagram or a file with frames in it
 * ```ts
 * import { decodeFrames, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const { frames, rest } = decodeFrames(
 *   lengthPrefixFraming(1),
 *   new Uint8Array([1, 42, 0, 2, 7]),
 * );
 * assertEquals(frames.map((frame) => [...frame]), [[42], []]);
 * assertEquals([...rest], [2, 7]);
 * ```
 */
export function decodeFrames(
  framing: Framing,
  bytes: Uint8Array,
): DecodedFrames {
  checkBytes(bytes);
  const frames: Uint8Array[] = [];
  const bounds = newBounds();
  const checked = checkedFraming(framing);
  let start = 0;
  while (checked.locate(bytes, start, bytes.length, bounds)) {
    frames.push(bytes.subarray(bounds.frameStart, bounds.frameEnd));
    start = bounds.end;
  }
  return { frames, rest: bytes.subarray(start) };
}
