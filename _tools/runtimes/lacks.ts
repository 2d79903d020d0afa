/**
 * The tests that fail on Node or Bun because of what these lack. Each is run there, and
 * fails the run if it passes.
 *
 * @module
 */

/** Tests that are known to fail. */
export interface Lack {
  /** The file, below `tests/`. */
  readonly file: string;
  /** The names of its tests. */
  readonly test: RegExp;
  /** The runtime that lacks it; both, if omitted. */
  readonly on?: "node" | "bun";
  /** What is lacking. */
  readonly reason: string;
}

/** All of them. */
export const LACKS: readonly Lack[] = [];
