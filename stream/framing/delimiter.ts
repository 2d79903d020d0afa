import { checkDelimiter, indexOfBytes } from "../_delimited.ts";
import { FrameError } from "./frame_error.ts";
import {
  builtInFraming,
  checkFrameSize,
  checkMaxFrameSize,
  type Framing,
  type FramingOptions,
} from "./framing.ts";

/**
 * Frames that end with a delimiter, which is not part of them.
 *
 * The delimiter is copied.
 *
 * @throws {TypeError} If the delimiter has no bytes, or is neither text nor bytes.
 * @throws {RangeError} When the limit is not a positive integer.
 *
 * @example Lines
 * ```ts
 * import { decodeFrames, delimiterFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const { frames } = decodeFrames(
 *   delimiterFraming("\r\n"),
 *   new TextEncoder().encode("one\r\ntwo\r\n"),
 * );
 * const decoder = new TextDecoder();
 * assertEquals(frames.map((frame) => decoder.decode(frame)), ["one", "two"]);
 * ```
 */
export function delimiterFraming(
  delimiter: string | Uint8Array,
  options: FramingOptions = {},
): Framing {
  const mark = checkDelimiter(delimiter);
  const maxFrameSize = checkMaxFrameSize(options);
  return builtInFraming({
    maxFrameSize,
    locate(bytes, start, end, bounds) {
      const at = indexOfBytes(bytes, mark, start + bounds.searched, end);
      if (at < 0) {
        // The last bytes may be the beginning of a delimiter.
        bounds.searched = Math.max(0, end - start - mark.length + 1);
        checkFrameSize("receive", bounds.searched, maxFrameSize);
        return false;
      }
      checkFrameSize("receive", at - start, maxFrameSize);
      bounds.searched = 0;
      bounds.frameStart = start;
      bounds.frameEnd = at;
      bounds.end = at + mark.length;
      return true;
    },
    encodedSize(frame) {
      checkFrameSize("send", frame.length, maxFrameSize);
      if (indexOfBytes(frame, mark, 0, frame.length) < 0) {
        return frame.length + mark.length;
      }
      throw new FrameError(
        "Cannot send a frame: it holds the delimiter",
        "EBADMSG",
        { size: frame.length },
      );
    },
    encodeInto(frame, target, at) {
      target.set(frame, at);
      target.set(mark, at + frame.length);
    },
  });
}
