import { checkInteger, showValue } from "../../internal/check/mod.ts";
import { FrameError } from "./frame_error.ts";
import {
  builtInFraming,
  checkFrameSize,
  checkMaxFrameSize,
  type Framing,
  type FramingOptions,
  placeFrame,
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

/** The longest header, in bytes. */
const MAX_HEADER = 0xffff;

/** Returns the number of `width` bytes at `at`. */
function readLength(
  bytes: Uint8Array,
  at: number,
  width: number,
  isLittle: boolean,
): number {
  let value = 0;
  const last = width - 1;
  for (let i = 0; i <= last; i++) {
    value = value * 256 + bytes[isLittle ? at + last - i : at + i]!;
  }
  return value;
}

function writeLength(
  bytes: Uint8Array,
  at: number,
  width: number,
  isLittle: boolean,
  value: number,
): void {
  const last = width - 1;
  for (let i = 0; i <= last; i++) {
    bytes[isLittle ? at + i : at + last - i] = value % 256;
    value = Math.floor(value / 256);
  }
}

/**
 * Length first. Where there is a header, frames are whole messages, header and
 * length included; sending one fills in the length.
 */
function fixedWidth(width: number, options: LengthPrefixOptions): Framing {
  const { byteOrder = "big", headerBefore = 0, headerAfter = 0 } = options;
  const maxFrameSize = checkMaxFrameSize(options);
  const isLittle = byteOrder === "little";
  const own = options.countsItself ? width : 0;
  const before = checkInteger("headerBefore", headerBefore, 0, MAX_HEADER);
  const after = checkInteger("headerAfter", headerAfter, 0, MAX_HEADER);
  const hasHeader = before + after > 0;
  /** What of a frame the length does not count. */
  const header = hasHeader ? before + width + after : 0;
  /** What stands before a frame. */
  const prefix = hasHeader ? 0 : width;
  /** The most that the field can say. */
  const most = Math.min(2 ** (8 * width) - 1, Number.MAX_SAFE_INTEGER);

  return builtInFraming({
    maxFrameSize,
    locate(bytes, start, end, bounds) {
      const field = start + before;
      const head = field + width;
      if (end < head) return false;
      const counted = readLength(bytes, field, width, isLittle);
      if (counted < own) {
        throw FrameError.malformed(
          `a length of ${counted} does not count its own ${own} bytes`,
        );
      }
      const frameStart = start + prefix;
      const frameEnd = head + counted - own + after;
      checkFrameSize("receive", frameEnd - frameStart, maxFrameSize);
      return placeFrame(bounds, frameStart, frameEnd, end);
    },
    encodedSize(frame) {
      if (frame.length < header) {
        throw new FrameError(
          `Cannot send a frame of ${frame.length} bytes: header and length take ${header}`,
          "EMSGSIZE",
          { size: frame.length },
        );
      }
      checkFrameSize("send", frame.length, maxFrameSize);
      if (frame.length - header + own > most) {
        throw FrameError.tooLarge("send", frame.length, most - own);
      }
      return prefix + frame.length;
    },
    encodeInto(frame, target, at) {
      target.set(frame, at + prefix);
      const counted = frame.length - header + own;
      writeLength(target, at + before, width, isLittle, counted);
    },
  });
}

/** The longest varint of a number that JavaScript can hold exactly. */
const MAX_VARINT = 8;

/** The length as a base-128 varint, least significant group first. */
function varint(options: FramingOptions): Framing {
  const maxFrameSize = checkMaxFrameSize(options);
  return builtInFraming({
    maxFrameSize,
    locate(bytes, start, end, bounds) {
      let size = 0;
      let scale = 1;
      for (let at = start; at < end; at++) {
        const byte = bytes[at]!;
        size += (byte & 0x7f) * scale;
        checkFrameSize("receive", size, maxFrameSize);
        if (byte < 0x80) return placeFrame(bounds, at + 1, at + 1 + size, end);
        scale *= 128;
        if (at - start + 1 >= MAX_VARINT) {
          throw FrameError.malformed(
            `a varint of more than ${MAX_VARINT} bytes`,
          );
        }
      }
      return false;
    },
    encodedSize(frame) {
      checkFrameSize("send", frame.length, maxFrameSize);
      let width = 1;
      for (let rest = frame.length; rest >= 128; rest /= 128) width++;
      return width + frame.length;
    },
    encodeInto(frame, target, at) {
      let rest = frame.length;
      for (; rest >= 128; rest = Math.floor(rest / 128)) {
        target[at++] = rest % 128 | 0x80;
      }
      target[at++] = rest;
      target.set(frame, at);
    },
  });
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
    return varint(options);
  }
  if (width !== 1 && width !== 2 && width !== 4 && width !== 8) {
    throw new RangeError(
      `Cannot frame with a length of ${
        showValue(width)
      } bytes: 1, 2, 4 or 8 are possible`,
    );
  }
  return fixedWidth(width, options);
}
