/**
 * What tests of libc have in common.
 *
 * @module
 */
import { AF_UNIX, isSupported, SOCK_STREAM, socketPair } from "../posix/mod.ts";
import { mayTestPosix } from "./_may_test_posix.ts";

/** Whether `posix` is known to work on this system, and the tests may use it. */
export const HAS_POSIX: boolean = mayTestPosix() && isSupported();

if (!HAS_POSIX) {
  console.warn("posix is not tested: it does not know this system");
}

if (HAS_POSIX) Deno.test.afterEach(untilQuiet);

/** Waits for the thread that has waited for the sockets of a test. */
async function untilQuiet(): Promise<void> {
  const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
  const waiting = a.recv(new Uint8Array(1)).catch(() => {});
  await a[Symbol.asyncDispose]();
  await waiting;
  b.close();
}
