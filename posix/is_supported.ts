import { libcObstacle } from "../internal/runtime/mod.ts";
import { loadLibc } from "./_libc.ts";

/**
 * Whether this module can be used here: on a system that it knows, by a program
 * that may already use FFI. It does not prompt.
 *
 * If FFI access is limited to libc's path, libc stays open after the first use. A
 * test with `sanitizeResources` reports that: call this function once at the top of
 * the test file. With full FFI access, nothing is reported.
 *
 * @example Another way where it cannot
 * ```ts
 * import { isSupported, SOCK_DGRAM, AF_INET, socket } from "@berkeley/sockets/posix";
 * import { assertThrows } from "@std/assert";
 *
 * if (isSupported()) socket(AF_INET, SOCK_DGRAM).close();
 * else assertThrows(() => socket(AF_INET, SOCK_DGRAM));
 * ```
 */
export function isSupported(): boolean {
  if (libcObstacle() !== undefined) return false;
  try {
    loadLibc();
    return true;
  } catch {
    return false; // it lacks what this module needs
  }
}
