import type { FrameBounds, Framing } from "./framing.ts";

/**
 * The base of the framings of this package. Their methods keep the contract of
 * `Framing`, so they encode straight into the send queue, and nothing is checked.
 * Instances are frozen, so that no method of theirs can be replaced.
 */
export abstract class BuiltInFraming implements Framing {
  readonly #isBuiltIn = true;

  abstract readonly maxFrameSize: number;
  abstract locate(
    bytes: Uint8Array,
    start: number,
    end: number,
    bounds: FrameBounds,
  ): boolean;
  abstract encodedSize(frame: Uint8Array): number;
  abstract encodeInto(frame: Uint8Array, target: Uint8Array, at: number): void;

  /** Whether a framing is one of this package, and not made by a user. */
  static has(framing: Framing): boolean {
    return #isBuiltIn in framing;
  }
}
