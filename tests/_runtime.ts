/**
 * What the runtime of a test has. Node and Bun run the tests, too: `_tools/runtimes/`.
 *
 * @module
 */
import { HAS_POSIX } from "./_posix.ts";

/** Whether the tests run in Deno. */
export const IS_DENO: boolean = "connect" in Deno;

/** The backends of streams: libc only where `posix` knows the system. */
export const STREAM_BACKENDS: readonly ("deno" | "node" | "posix")[] = [
  ...IS_DENO ? ["deno" as const] : [],
  "node",
  ...HAS_POSIX ? ["posix" as const] : [],
];
