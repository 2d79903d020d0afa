import { checkInteger } from "../../internal/check/mod.ts";
import { FrameError } from "./frame_error.ts";
import { builtInFraming, type Framing, placeFrame } from "./framing.ts";

/**
 * Frames that all have the same size.
 *
 * @param size The size in bytes, at least 1.
 * @throws {RangeError} When the size is not a positive integer.
 *
 * @example Records of three bytes
 * ```ts
 * import { decodeFrames, fixedFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const { frames, rest } = decodeFrames(
 *   fixedFraming(3),
 *   new Uint8Array([1, 2, 3, 4, 5, 6, 7]),
 * );
 * assertEquals(frames.map((frame) => [...frame]), [[1, 2, 3], [4, 5, 6]]);
 * assertEquals([...rest], [7]);
 * ```
 */
export function fixedFraming(size: number): Framing {
  checkInteger("size", size, 1);
  return builtInFraming({
    maxFrameSize: size,
    locate: (_bytes, start, end, bounds) =>
      placeFrame(bounds, start, start + size, end),
    encodedSize(frame) {
      if (frame.length === size) return size;
      throw new FrameError(
        `Cannot send a frame of ${frame.length} bytes: all have ${size}`,
        "EMSGSIZE",
        { size: frame.length, limit: size },
      );
    },
    encodeInto: (frame, target, at) => target.set(frame, at),
  });
}
