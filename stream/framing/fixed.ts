import { showValue } from "../../internal/check/mod.ts";
import { FrameError } from "./frame_error.ts";
import { BuiltInFraming } from "./built_in_framing.ts";
import type { FrameBounds, Framing } from "./framing.ts";

class FixedFraming extends BuiltInFraming {
  readonly maxFrameSize: number;

  constructor(size: number) {
    super();
    this.maxFrameSize = size;
  }

  locate(
    _bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean {
    if (end - start < this.maxFrameSize) return false;
    bounds.frameStart = start;
    bounds.end = bounds.frameEnd = start + this.maxFrameSize;
    return true;
  }

  encodedSize(frame: Uint8Array): number {
    if (frame.length !== this.maxFrameSize) {
      throw new FrameError(
        `Cannot send a frame of ${frame.length} bytes: all have ${this.maxFrameSize}`,
        "EMSGSIZE",
        { size: frame.length, limit: this.maxFrameSize },
      );
    }
    return frame.length;
  }

  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void {
    target.set(frame, at);
  }
}

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
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new RangeError(
      `Cannot frame by ${
        showValue(size)
      } bytes: the size must be a positive integer`,
    );
  }
  return Object.freeze(new FixedFraming(size));
}
