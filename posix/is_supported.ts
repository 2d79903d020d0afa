import { loadLibc, obstacle } from "./_libc.ts";

/**
 * Whether this module can be used here: on a system that it knows, by a program
 * that may already use FFI. It does not prompt.
 *
 * It loads libc, which then stays. Called at the head of a test file, it keeps a
 * test from being blamed for that.
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
  if (obstacle() !== undefined) return false;
  try {
    loadLibc();
    return true;
  } catch {
    return false; // it lacks what this module needs
  }
}
