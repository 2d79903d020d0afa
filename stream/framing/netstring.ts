import { FrameError } from "./frame_error.ts";
import {
  builtInFraming,
  checkFrameSize,
  checkMaxFrameSize,
  type Framing,
  type FramingOptions,
  placeFrame,
} from "./framing.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

/**
 * Netstrings: the length in decimal, a colon, the bytes, a comma
 * (<https://cr.yp.to/proto/netstrings.txt>).
 *
 * @throws {RangeError} When the limit is not a positive integer.
 *
 * @example The text's own example
 * ```ts
 * import { encodeFrame, netstringFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const encoded = encodeFrame(
 *   netstringFraming(),
 *   new TextEncoder().encode("hello world!"),
 * );
 * assertEquals(new TextDecoder().decode(encoded), "12:hello world!,");
 * ```
 */
export function netstringFraming(options: FramingOptions = {}): Framing {
  const maxFrameSize = checkMaxFrameSize(options);
  return builtInFraming({
    maxFrameSize,
    locate(bytes, start, end, bounds) {
      let size = 0;
      for (let at = start; at < end; at++) {
        const byte = bytes[at]!;
        if (byte === COLON && at > start) {
          const frameEnd = at + 1 + size;
          if (!placeFrame(bounds, at + 1, frameEnd, end - 1)) return false;
          if (bytes[frameEnd] !== COMMA) {
            throw FrameError.malformed("a netstring does not end with a comma");
          }
          bounds.end++;
          return true;
        }
        const digit = byte - ZERO;
        if (digit < 0 || digit > 9) {
          throw FrameError.malformed(
            "the length of a netstring is not a number",
          );
        }
        if (at > start && size === 0) {
          throw FrameError.malformed("the length of a netstring begins with 0");
        }
        size = size * 10 + digit;
        checkFrameSize("receive", size, maxFrameSize);
      }
      return false;
    },
    encodedSize(frame) {
      checkFrameSize("send", frame.length, maxFrameSize);
      return String(frame.length).length + frame.length + 2;
    },
    encodeInto(frame, target, at) {
      for (const digit of String(frame.length)) {
        target[at++] = digit.charCodeAt(0);
      }
      target[at++] = COLON;
      target.set(frame, at);
      target[at + frame.length] = COMMA;
    },
  });
}
