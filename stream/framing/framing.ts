import { checkInteger } from "../../internal/check/mod.ts";
import { FrameError } from "./frame_error.ts";

/** Where a frame stands in a buffer: filled in by {@linkcode Framing.locate}. */
export interface FrameBounds {
  /** The index of the frame's first byte. */
  frameStart: number;
  /** The index after the frame's last byte. */
  frameEnd: number;
  /** The index after all that belongs to the frame on the wire. */
  end: number;
  /**
   * How many bytes have been looked through in vain: a framing that searches
   * continues there. It is set to 0 when a frame has been found.
   */
  searched: number;
}

/**
 * How messages are told apart in a stream of bytes: against "sticky packets".
 *
 * Made by {@linkcode fixedFraming}, {@linkcode lengthPrefixFraming},
 * {@linkcode delimiterFraming} or {@linkcode netstringFraming}; write your own
 * by implementing the three methods. A framing has no state, so that one serves
 * any number of connections.
 *
 * What a framing of your own returns and writes is checked. If a method breaks its
 * contract, or throws anything but a `SocketError` such as {@linkcode FrameError},
 * the call rejects with a `TypeError` that names the method. Nothing of the frame
 * is sent or taken then, and the connection can be used on.
 *
 * @example A framing of one's own: one byte of length in front
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import {
 *   FrameError,
 *   type Framing,
 * } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const tiny: Framing = {
 *   maxFrameSize: 255,
 *   locate(bytes, start, end, bounds) {
 *     if (end === start || end - start - 1 < bytes[start]!) return false;
 *     bounds.frameStart = start + 1;
 *     bounds.frameEnd = bounds.end = bounds.frameStart + bytes[start]!;
 *     return true;
 *   },
 *   encodedSize(frame) {
 *     if (frame.length > 255) {
 *       throw FrameError.tooLarge("send", frame.length, 255);
 *     }
 *     return 1 + frame.length;
 *   },
 *   encodeInto(frame, target, at) {
 *     target[at] = frame.length;
 *     target.set(frame, at + 1);
 *   },
 * };
 *
 * using pair = connPair();
 * const { client, server } = pair;
 * await client.sendFrame(tiny, new Uint8Array([7, 8]));
 * assertEquals([...(await server.readFrame(tiny))!], [7, 8]);
 * ```
 */
export interface Framing {
  /** The largest frame, in bytes; enforced before memory is taken for it. */
  readonly maxFrameSize: number;
  /**
   * Finds the first frame in `bytes[start, end)`; false where it is not complete.
   *
   * @throws {FrameError} When it is larger than the limit, or malformed.
   */
  locate(
    bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean;
  /**
   * How many bytes the frame takes on the wire.
   *
   * @throws {FrameError} When it is larger than the limit, or cannot be framed.
   */
  encodedSize(frame: Uint8Array): number;
  /**
   * Writes the frame as it goes over the wire to `target`, from `at` on: exactly as
   * many bytes as `encodedSize` returned. The bytes there are zero before.
   */
  encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void;
}

/** The largest frame, unless the user says, in bytes. */
export const DEFAULT_MAX_FRAME_SIZE: number = 1024 * 1024;

/** Limits that all framings have. */
export interface FramingOptions {
  /**
   * The largest frame, in bytes: it guards against a peer that promises more
   * than there is memory for.
   *
   * @default {1048576}
   */
  maxFrameSize?: number | undefined;
}

/** Bounds to begin with. */
export function newBounds(): FrameBounds {
  return { frameStart: 0, frameEnd: 0, end: 0, searched: 0 };
}

/** Returns the limit that the options set. */
export function checkMaxFrameSize(options: FramingOptions): number {
  const { maxFrameSize = DEFAULT_MAX_FRAME_SIZE } = options;
  return checkInteger("maxFrameSize", maxFrameSize, 1);
}

/** Refuses a frame that is over the limit. */
export function checkFrameSize(
  verb: "receive" | "send",
  size: number,
  limit: number,
): void {
  if (size > limit) throw FrameError.tooLarge(verb, size, limit);
}

/** Says where a frame stands that reaches to `frameEnd`; false if it has not all come. */
export function placeFrame(
  bounds: FrameBounds,
  frameStart: number,
  frameEnd: number,
  end: number,
): boolean {
  if (frameEnd > end) return false;
  bounds.frameStart = frameStart;
  bounds.end = bounds.frameEnd = frameEnd;
  return true;
}

/** The framings of this package. Their methods keep the contract of `Framing`. */
const builtIn = new WeakSet<Framing>();

/**
 * Returns a framing of this package. Its results are not checked, and it encodes
 * straight into the send queue. It is frozen, so that no method can be replaced.
 */
export function builtInFraming(framing: Framing): Framing {
  builtIn.add(framing);
  return Object.freeze(framing);
}

/** Whether a framing is one of this package, and not made by a user. */
export function isBuiltIn(framing: Framing): boolean {
  return builtIn.has(framing);
}
