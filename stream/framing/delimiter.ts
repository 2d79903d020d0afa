import { checkBytes } from "../_check.ts";
import { indexOfBytes } from "../_delimited.ts";
import { BuiltInFraming } from "./built_in_framing.ts";
import { FrameError } from "./frame_error.ts";
import {
  checkFrameSize,
  checkMaxFrameSize,
  type FrameBounds,
  type Framing,
  type FramingOptions,
} from "./framing.ts";

class DelimiterFraming extends BuiltInFraming {
  readonly maxFrameSize: number;
  readonly #delimiter: Uint8Array;

  constructor(delimiter: Uint8Array, options: FramingOptions) {
    super();
    this.#delimiter = delimiter;
    this.maxFrameSize = checkMaxFrameSize(options);
  }

  locate(
    bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean {
    const width = this.#delimiter.length;
    const from = start + bounds.searched;
    const at = indexOfBytes(bytes, this.#delimiter, from, end);
    if (at < 0) {
      // The last bytes may be the beginning of a delimiter.
      bounds.searched = Math.max(0, end - start - width + 1);
      checkFrameSize("receive", bounds.searched, this.maxFrameSize);
      return false;
    }
    checkFrameSize("receive", at - start, this.maxFrameSize);
    bounds.searched = 0;
    bounds.frameStart = start;
    bounds.frameEnd = at;
    bounds.end = at + width;
    return true;
  }

  encodedSize(frame: Uint8Array): number {
    checkFrameSize("send", frame.length, this.maxFrameSize);
    if (indexOfBytes(frame, this.#delimiter, 0, frame.length) >= 0) {
      throw new FrameError(
        "Cannot send a frame: it holds the delimiter",
        "EBADMSG",
        { size: frame.length },
      );
    }
    return frame.length + this.#delimiter.length;
  }

  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void {
    target.set(frame, at);
    target.set(this.#delimiter, at + frame.length);
  }
}

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
  const bytes = typeof delimiter === "string"
    ? new TextEncoder().encode(delimiter)
    : copyOf(delimiter);
  if (bytes.length === 0) {
    throw new TypeError("Cannot frame by a delimiter of no bytes");
  }
  return Object.freeze(new DelimiterFraming(bytes, options));
}

/** Returns a copy; `slice()` of a Buffer is a view. */
function copyOf(bytes: Uint8Array): Uint8Array {
  checkBytes(bytes);
  return new Uint8Array(bytes);
}
