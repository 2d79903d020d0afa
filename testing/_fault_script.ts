import type { StreamFaults } from "./stream_faults.ts";

/**
 * The faults of one direction of a connection, as they come about: counts the bytes
 * that have passed, and decides how many may pass next.
 */
export class FaultScript {
  readonly #pieceSizes: readonly number[];
  readonly #resetAfter: number;
  readonly #endAfter: number;
  #stallAfter: number;
  #isStalled = false;
  #passed = 0;
  #pieces = 0;
  /** Called when bytes that were held back may pass. */
  onResume: () => void = () => {};

  /** Takes faults that were checked. */
  constructor(faults: StreamFaults) {
    const { pieceSize = Infinity, resetAfter, endAfter, stallAfter } = faults;
    this.#pieceSizes = typeof pieceSize === "number" ? [pieceSize] : pieceSize;
    this.#resetAfter = resetAfter ?? Infinity;
    this.#endAfter = endAfter ?? Infinity;
    this.#stallAfter = stallAfter ?? Infinity;
  }

  /** How many bytes have passed. */
  get passed(): number {
    return this.#passed;
  }

  /** Whether the next byte is to reset the connection. */
  get isReset(): boolean {
    return this.#passed >= this.#resetAfter;
  }

  /** Whether the stream is to end before the next byte. */
  get isEnded(): boolean {
    return this.#passed >= this.#endAfter;
  }

  /** Whether nothing may pass until `resume()`. */
  get isHeld(): boolean {
    return this.#isStalled || this.#passed >= this.#stallAfter;
  }

  /** How many of `count` bytes may pass in one piece: none while they are held back. */
  allow(count: number): number {
    if (this.#isStalled) return 0;
    const sizes = this.#pieceSizes;
    return Math.min(
      count,
      sizes[this.#pieces % sizes.length]!,
      this.#stallAfter - this.#passed,
      this.#endAfter - this.#passed,
      this.#resetAfter - this.#passed,
    );
  }

  /** A piece of so many bytes has passed. */
  pass(count: number): void {
    this.#passed += count;
    this.#pieces++;
  }

  /** Holds back what has not passed yet. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Lets through what was held back, also by `stallAfter`. */
  resume(): void {
    this.#isStalled = false;
    this.#stallAfter = Infinity;
    this.onResume();
  }
}
