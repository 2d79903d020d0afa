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
export const LACKS: readonly Lack[] = [
  {
    file: "errors/stack_test.ts",
    test:
      /^the stack of (a look-up|an accept that takes too long|a (read|line|write|receive) that takes too long|(a few|many) bytes before the end of the stream|a (small|large) read when the peer resets)( that takes too long)? leads/,
    on: "bun",
    reason: "stacks that name the callers which await the failed call",
  },
  {
    file: "unix/conn_test.ts",
    test: /^close\(\) with unread bytes resets the peer/,
    on: "bun",
    reason: "ECONNRESET for a read after a write has failed: it repeats EPIPE",
  },
  {
    file: "unix/connect_test.ts",
    test: /^connectUnix\(\) says what is wrong with a path, over node/,
    on: "bun",
    reason: "ENOTDIR of node:net: it says ECONNREFUSED",
  },
];
