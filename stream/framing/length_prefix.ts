import { showValue } from "../../internal/check/mod.ts";
import { BuiltInFraming } from "./built_in_framing.ts";
import { FrameError } from "./frame_error.ts";
import {
  checkFrameSize,
  checkMaxFrameSize,
  type FrameBounds,
  type Framing,
  type FramingOptions,
} from "./framing.ts";

/** How a length is written. */
export interface LengthPrefixOptions extends FramingOptions {
  /**
   * The byte order of the length: `"big"` is the network's.
   *
   * @default {"big"}
   */
  byteOrder?: "big" | "little" | undefined;
  /**
   * Whether the length counts its own bytes too, as PostgreSQL's does.
   *
   * @default {false}
   */
  countsItself?: boolean | undefined;
  /**
   * How many bytes stand before the length, such as 1 for a type; never counted
   * by it.
   *
   * @default {0}
   */
  headerBefore?: number | undefined;
  /**
   * How many bytes that the length does not count stand after it.
   *
   * @default {0}
   */
  headerAfter?: number | undefined;
}

/**
 * Length first. Where there is a header, frames are whole messages, header and
 * length included; sending one fills in the length.
 */
class LengthPrefixFraming extends BuiltInFraming {
  readonly maxFrameSize: number;
  readonly #width: number;
  readonly #isLittle: boolean;
  readonly #own: number;
  readonly #before: number;
  readonly #after: number;
  readonly #hasHeader: boolean;
  /** The most that the field can say. */
  readonly #most: number;

  constructor(width: number, options: LengthPrefixOptions) {
    super();
    const { byteOrder = "big", headerBefore = 0, headerAfter = 0 } = options;
    this.maxFrameSize = checkMaxFrameSize(options);
    this.#width = width;
    this.#isLittle = byteOrder === "little";
    this.#own = options.countsItself ? width : 0;
    this.#before = checkHeader(headerBefore);
    this.#after = checkHeader(headerAfter);
    this.#hasHeader = headerBefore + headerAfter > 0;
    this.#most = Math.min(2 ** (8 * width) - 1, Number.MAX_SAFE_INTEGER);
  }

  #read(bytes: Uint8Array, at: number): number {
    let value = 0;
    const last = this.#width - 1;
    for (let i = 0; i <= last; i++) {
      value = value * 256 + bytes[this.#isLittle ? at + last - i : at + i]!;
    }
    return value;
  }

  #write(bytes: Uint8Array, at: number, value: number): void {
    const last = this.#width - 1;
    for (let i = 0; i <= last; i++) {
      bytes[this.#isLittle ? at + i : at + last - i] = value % 256;
      value = Math.floor(value / 256);
    }
  }

  locate(
    bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean {
    const field = start + this.#before;
    const head = field + this.#width;
    if (end < head) return false;
    const counted = this.#read(bytes, field);
    if (counted < this.#own) {
      throw FrameError.malformed(
        `a length of ${counted} does not count its own ${this.#own} bytes`,
      );
    }
    const size = counted - this.#own + this.#after;
    const frameStart = this.#hasHeader ? start : head;
    const frameSize = head - frameStart + size;
    checkFrameSize("receive", frameSize, this.maxFrameSize);
    if (end - head < size) return false;
    bounds.frameStart = frameStart;
    bounds.end = bounds.frameEnd = head + size;
    return true;
  }

  encodedSize(frame: Uint8Array): number {
    const fixed = this.#before + this.#width + this.#after;
    if (this.#hasHeader && frame.length < fixed) {
      throw new FrameError(
        `Cannot send a frame of ${frame.length} bytes: header and length take ${fixed}`,
        "EMSGSIZE",
        { size: frame.length },
      );
    }
    checkFrameSize("send", frame.length, this.maxFrameSize);
    const counted = this.#counted(frame);
    if (counted > this.#most) {
      throw FrameError.tooLarge("send", frame.length, this.#most - this.#own);
    }
    return this.#hasHeader ? frame.length : this.#width + frame.length;
  }

  #counted(frame: Uint8Array): number {
    const payload = this.#hasHeader
      ? frame.length - this.#before - this.#width - this.#after
      : frame.length;
    return payload + this.#own;
  }

  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void {
    target.set(frame, this.#hasHeader ? at : at + this.#width);
    this.#write(target, at + this.#before, this.#counted(frame));
  }
}

function checkHeader(size: number): number {
  if (Number.isInteger(size) && size >= 0 && size <= 0xffff) return size;
  throw new RangeError(
    `Cannot frame with a header of ${
      showValue(size)
    } bytes: 0 to 65535 are possible`,
  );
}

/** The longest varint of a number that JavaScript can hold exactly. */
const MAX_VARINT = 8;

/** The length as a base-128 varint, least significant group first. */
class VarintFraming extends BuiltInFraming {
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
    let scale = 1;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      size += (byte & 0x7f) * scale;
      checkFrameSize("receive", size, this.maxFrameSize);
      if (byte < 0x80) {
        const frameStart = at + 1;
        if (end - frameStart < size) return false;
        bounds.frameStart = frameStart;
        bounds.end = bounds.frameEnd = frameStart + size;
        return true;
      }
      scale *= 128;
      if (at - start + 1 >= MAX_VARINT) {
        throw FrameError.malformed(`a varint of more than ${MAX_VARINT} bytes`);
      }
    }
    return false;
  }

  encodedSize(frame: Uint8Array): number {
    checkFrameSize("send", frame.length, this.maxFrameSize);
    let width = 1;
    for (let rest = frame.length; rest >= 128; rest /= 128) width++;
    return width + frame.length;
  }

  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void {
    let rest = frame.length;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      target[at++] = rest % 128 | 0x80;
    }
    target[at++] = rest;
    target.set(frame, at);
  }
}

/**
 * Frames with their length in front: in 1, 2, 4 or 8 bytes, or as a varint (the
 * base-128 of Protocol Buffers, which has no byte order and no header here).
 *
 * Where the options name header bytes, frames are whole messages, header and
 * length included, and sending one fills in the length.
 *
 * @throws {RangeError} When the width, the limit or a header is out of range.
 *
 * @example Two bytes of length
 * ```ts
 * import { encodeFrame, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { assertEquals } from "@std/assert";
 *
 * const framing = lengthPrefixFraming(2);
 * const encoded = encodeFrame(framing, new TextEncoder().encode("hi"));
 * assertEquals([...encoded], [0, 2, 0x68, 0x69]);
 * ```
 */
export function lengthPrefixFraming(
  width: 1 | 2 | 4 | 8 | "varint",
  options: LengthPrefixOptions = {},
): Framing {
  if (width === "varint") {
    const { byteOrder, countsItself, headerBefore, headerAfter } = options;
    if (byteOrder || countsItself || headerBefore || headerAfter) {
      throw new TypeError(
        "Cannot frame a varint with options of a fixed width",
      );
    }
    return Object.freeze(new VarintFraming(options));
  }
  if (width !== 1 && width !== 2 && width !== 4 && width !== 8) {
    throw new RangeError(
      `Cannot frame with a length of ${
        showValue(width)
      } bytes: 1, 2, 4 or 8 are possible`,
    );
  }
  return Object.freeze(new LengthPrefixFraming(width, options));
}
