import { BuiltInFraming } from "./built_in_framing.ts";
import { FrameError } from "./frame_error.ts";
import {
  checkFrameSize,
  checkMaxFrameSize,
  type FrameBounds,
  type Framing,
  type FramingOptions,
} from "./framing.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const ZERO = 0x30;

class NetstringFraming extends BuiltInFraming {
  readonly maxFrameSize: number;

  constructor(options: FramingOptions) {
    super();
    this.maxFrameSize = checkMaxFrameSize(options);
  }

  locate(
    bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean {
    let size = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === COLON && at > start) {
        return this.#check(bytes, at + 1, size, end, bounds);
      }
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) {
        throw FrameError.malformed("the length of a netstring is not a number");
      }
      if (at > start && size === 0) {
        throw FrameError.malformed("the length of a netstring begins with 0");
      }
      size = size * 10 + digit;
      checkFrameSize("receive", size, this.maxFrameSize);
    }
    return false;
  }

  #check(
    bytes: Uint8Array,
    frameStart: number,
    size: number,
    end: number,
    bounds: FrameBounds,
  ): boolean {
    const frameEnd = frameStart + size;
    if (frameEnd >= end) return false;
    if (bytes[frameEnd] !== COMMA) {
      throw FrameError.malformed("a netstring does not end with a comma");
    }
    bounds.frameStart = frameStart;
    bounds.frameEnd = frameEnd;
    bounds.end = frameEnd + 1;
    return true;
  }

  encodedSize(frame: Uint8Array): number {
    checkFrameSize("send", frame.length, this.maxFrameSize);
    return String(frame.length).length + frame.length + 2;
  }

  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void {
    for (const digit of String(frame.length)) {
      target[at++] = digit.charCodeAt(0);
    }
    target[at++] = COLON;
    target.set(frame, at);
    target[at + frame.length] = COMMA;
  }
}

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
  return Object.freeze(new NetstringFraming(options));
}
