import { SocketError } from "../errors/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import type { FrameBounds, Framing } from "../stream/mod.ts";
import { Random } from "./_random.ts";
import { FramingFault } from "./framing_fault.ts";

/** The largest sizes of random frames, in bytes: most are small. */
const SIZES = [16, 300, 2048] as const;
/** What surrounds a frame on both sides, to notice reads and writes beside it. */
const MARGIN = 7;
const CANARY = 0xa5;
/** So many prefixes are tried at both ends of a long encoded frame. */
const MANY_PREFIXES = 300;
/** Larger frames than this are not made to see whether they are refused, in bytes. */
const MAX_OVERSIZE = 1 << 22;

/** How thoroughly to verify a framing. */
export interface VerifyFramingOptions {
  /**
   * How many random frames to try.
   *
   * @default {100}
   */
  randomFrames?: number | undefined;
  /**
   * The seed of the random frames and faults: an integer of 0 or more.
   *
   * @default {1}
   */
  seed?: number | undefined;
}

/** What was tried. */
export interface FramingReport {
  /** How many frames were encoded and found again. */
  readonly frames: number;
  /** How many random frames the framing refused to encode. */
  readonly refused: number;
}

/**
 * Verifies that a framing keeps the rules of {@linkcode Framing}. It encodes each sample
 * and random frames, and looks for them again: in every prefix of their bytes, anywhere in
 * a buffer, one behind the other, and with random faults in them.
 *
 * @param samples Frames that the framing must accept: at least one.
 * @throws {FramingFault} If the framing breaks a rule; the message says which one.
 * @throws {RangeError} If there is no sample, or an option is out of range.
 *
 * @example A framing that forgets to wait for the whole frame
 * ```ts
 * import { type Framing, lengthPrefixFraming } from "@berkeley/sockets/stream";
 * import { FramingFault, verifyFraming } from "@berkeley/sockets/testing";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const samples = [new TextEncoder().encode("hello"), new Uint8Array(0)];
 * const framing = lengthPrefixFraming(2);
 * assertEquals(verifyFraming(framing, samples), { frames: 102, refused: 0 });
 *
 * const wrong: Framing = {
 *   maxFrameSize: 255,
 *   locate(bytes, start, end, bounds) {
 *     if (start === end) return false; // and if the frame is not complete?
 *     bounds.frameStart = start + 1;
 *     bounds.frameEnd = bounds.end = start + 1 + bytes[start]!;
 *     return true;
 *   },
 *   encodedSize: (frame) => 1 + frame.length,
 *   encodeInto(frame, target, at) {
 *     target[at] = frame.length;
 *     target.set(frame, at + 1);
 *   },
 * };
 * assertThrows(() => verifyFraming(wrong, samples), FramingFault, "prefix");
 * ```
 */
export function verifyFraming(
  framing: Framing,
  samples: Iterable<Uint8Array>,
  options: VerifyFramingOptions = {},
): FramingReport {
  const { randomFrames = 100, seed = 1 } = options;
  checkInteger("randomFrames", randomFrames, 0);
  checkInteger("seed", seed, 0);
  const random = new Random(seed);
  const frames = Array.from(samples, (sample) => new Uint8Array(sample));
  if (frames.length === 0) {
    throw new RangeError("Cannot verify a framing without a sample");
  }
  const verifier = new Verifier(framing, random);
  for (const frame of frames) {
    if (verifier.verify(frame)) continue;
    throw new FramingFault("encodedSize() must accept each sample", frame);
  }
  const most = framing.maxFrameSize;
  let refused = 0;
  for (let i = 0; i < randomFrames; i++) {
    const size = random.integer(0, Math.min(most, random.pick(SIZES)));
    if (!verifier.verify(random.bytes(size))) refused++;
  }
  verifier.verifyLimits();
  return { frames: frames.length + randomFrames - refused, refused };
}

/** Verifies one framing, frame by frame. */
class Verifier {
  readonly #framing: Framing;
  readonly #random: Random;
  /** The last frames on the wire, with what they hold. */
  readonly #last: { frame: Uint8Array; wire: Uint8Array }[] = [];

  constructor(framing: Framing, random: Random) {
    this.#framing = framing;
    this.#random = random;
  }

  /** Verifies all that concerns one frame; false if the framing refuses to encode it. */
  verify(frame: Uint8Array): boolean {
    const wire = this.#encode(frame);
    if (wire === undefined) return false;
    this.#last.push({ frame, wire });
    if (this.#last.length > 3) this.#last.shift();
    this.#verifyPrefixes(frame, wire);
    this.#verifySequence();
    this.#verifyFaults(wire);
    return true;
  }

  #encode(frame: Uint8Array): Uint8Array | undefined {
    const framing = this.#framing;
    const given = new Uint8Array(frame);
    let size: number;
    try {
      size = framing.encodedSize(given);
    } catch (error) {
      if (error instanceof SocketError) return undefined;
      throw fault("encodedSize() may throw SocketErrors only", frame, error);
    }
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new FramingFault(
        "encodedSize() must return an integer of 1 or more",
        frame,
      );
    }
    const target = new Uint8Array(MARGIN + size + MARGIN).fill(CANARY);
    target.fill(0, MARGIN, MARGIN + size);
    try {
      framing.encodeInto(given, target, MARGIN);
    } catch (error) {
      throw fault(
        "encodeInto() must not throw for what encodedSize() accepts",
        frame,
        error,
      );
    }
    const isIntact = target.subarray(0, MARGIN).every(isCanary) &&
      target.subarray(MARGIN + size).every(isCanary);
    if (!isIntact) {
      throw new FramingFault(
        "encodeInto() must write only the bytes that encodedSize() counts",
        frame,
      );
    }
    if (!areEqual(given, frame)) {
      throw new FramingFault("encoding must not change the frame", frame);
    }
    return target.subarray(MARGIN, MARGIN + size);
  }

  /** A prefix holds no frame, whatever stands behind it, and all of it does. */
  #verifyPrefixes(frame: Uint8Array, wire: Uint8Array): void {
    const kept = newBounds();
    for (let size = 0; size < wire.length; size++) {
      if (size === MANY_PREFIXES) {
        size = Math.max(size, wire.length - MANY_PREFIXES);
      }
      const noise = this.#random.bytes(MARGIN);
      for (const behind of [wire.subarray(size), noise]) {
        const prefix = wire.subarray(0, size);
        if (!this.#locate(prefix, behind, newBounds())) continue;
        throw new FramingFault(
          `locate() must return false for a prefix, of ${size} bytes`,
          frame,
        );
      }
      if (this.#locate(wire.subarray(0, size), noise, kept)) {
        throw new FramingFault(
          "locate() must return false until the frame is complete",
          frame,
        );
      }
    }
    for (const bounds of [newBounds(), kept]) {
      if (!this.#locate(wire, this.#random.bytes(MARGIN), bounds)) {
        throw new FramingFault(
          bounds === kept
            ? "locate() must find a frame whose bytes come one by one"
            : "locate() must find what encodeInto() wrote",
          frame,
        );
      }
      this.#verifyFound(frame, wire, bounds, MARGIN);
    }
  }

  /** Looks into bytes that stand in a larger buffer. */
  #locate(
    bytes: Uint8Array,
    behind: Uint8Array,
    bounds: FrameBounds,
  ): boolean {
    const end = MARGIN + bytes.length;
    const buffer = new Uint8Array(end + behind.length).fill(CANARY, 0, MARGIN);
    buffer.set(bytes, MARGIN);
    buffer.set(behind, end);
    const before = buffer.slice();
    let isFound: boolean;
    try {
      isFound = this.#framing.locate(buffer, MARGIN, end, bounds);
    } catch (error) {
      throw fault("locate() must not throw for what was encoded", bytes, error);
    }
    if (!areEqual(buffer, before)) {
      throw new FramingFault("locate() must not change the bytes", bytes);
    }
    return isFound;
  }

  #verifyFound(
    frame: Uint8Array,
    wire: Uint8Array,
    bounds: FrameBounds,
    start: number,
  ): void {
    const { frameStart, frameEnd, end, searched } = bounds;
    const inner = wire.subarray(frameStart - start, frameEnd - start);
    if (frameStart < start || !areEqual(inner, frame)) {
      throw new FramingFault(
        `locate() must return the frame that was encoded, not ${frameStart} to ${frameEnd}`,
        frame,
      );
    }
    if (end !== start + wire.length) {
      throw new FramingFault(
        `end must be ${start + wire.length}, not ${end}`,
        frame,
      );
    }
    if (searched !== 0) {
      throw new FramingFault("searched must be 0 for a found frame", frame);
    }
  }

  /** Frames one behind the other are found in turn. */
  #verifySequence(): void {
    const stream = concat(this.#last.map(({ wire }) => wire));
    const bounds = newBounds();
    let start = 0;
    for (const { frame, wire } of this.#last) {
      const isFound = this.#framing.locate(
        stream,
        start,
        stream.length,
        bounds,
      );
      if (!isFound) {
        throw new FramingFault("locate() must find the next frame", frame);
      }
      this.#verifyFound(frame, wire, bounds, start);
      start = bounds.end;
    }
  }

  /** Whatever the bytes are, the answer is a frame in them, a wait, or a SocketError. */
  #verifyFaults(wire: Uint8Array): void {
    const bytes = new Uint8Array(wire);
    for (let round = 0; round < 8; round++) {
      bytes[this.#random.integer(0, bytes.length - 1)] = this.#random.next() *
        256;
      const size = this.#random.integer(0, bytes.length);
      this.#verifyAnswer(bytes.subarray(0, size));
    }
  }

  #verifyAnswer(bytes: Uint8Array): "found" | "waits" | "refused" {
    const bounds = newBounds();
    let isFound: boolean;
    try {
      isFound = this.#framing.locate(bytes, 0, bytes.length, bounds);
    } catch (error) {
      if (error instanceof SocketError) return "refused";
      throw fault("locate() may throw SocketErrors only", bytes, error);
    }
    if (!isFound) return "waits";
    const { frameStart, frameEnd, end } = bounds;
    const isInside = 0 <= frameStart && frameStart <= frameEnd &&
      frameEnd <= end && 0 < end && end <= bytes.length &&
      [frameStart, frameEnd, end].every(Number.isInteger);
    if (!isInside) {
      throw new FramingFault(
        `locate() must return bounds in the bytes, not ${frameStart}, ${frameEnd} and ${end}`,
        bytes,
      );
    }
    if (frameEnd - frameStart > this.#framing.maxFrameSize) {
      throw new FramingFault("locate() must refuse what is too large", bytes);
    }
    return "found";
  }

  /** A frame over the limit is refused, and no stream is waited for without a bound. */
  verifyLimits(): void {
    const { maxFrameSize } = this.#framing;
    if (!Number.isSafeInteger(maxFrameSize) || maxFrameSize < 1) {
      throw new FramingFault(
        "maxFrameSize must be an integer of 1 or more",
        new Uint8Array(0),
      );
    }
    if (maxFrameSize >= MAX_OVERSIZE) return;
    const large = new Uint8Array(maxFrameSize + 1);
    if (this.#encode(large) !== undefined) {
      throw new FramingFault(
        "encodedSize() must refuse a frame over maxFrameSize",
        large,
      );
    }
    // More than any frame within the limit takes on the wire.
    const size = 2 * maxFrameSize + 1024;
    const zeros = new Uint8Array(size);
    const ones = new Uint8Array(size).fill(255);
    for (const noise of [zeros, ones, this.#random.bytes(size)]) {
      if (this.#verifyAnswer(noise) !== "waits") continue;
      throw new FramingFault(
        "locate() must refuse a frame that does not end within maxFrameSize",
        noise,
      );
    }
  }
}

function newBounds(): FrameBounds {
  return { frameStart: 0, frameEnd: 0, end: 0, searched: 0 };
}

function fault(rule: string, bytes: Uint8Array, cause: unknown): FramingFault {
  return new FramingFault(rule, bytes, { cause });
}

function isCanary(byte: number): boolean {
  return byte === CANARY;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
