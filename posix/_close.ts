import { loadLibc } from "./_libc.ts";
import { IS_LINUX, SOL_SOCKET } from "./_platform.ts";

const SO_LINGER = 13;
/** `struct linger`: whether, and for how many seconds. */
const linger = new Int32Array(2);
const length = new Uint32Array(1);

/**
 * C's `close`, which must not wait. On Linux it would with a time in SO_LINGER, even
 * where calls do not block, though it is only a wait: the kernel goes on sending
 * afterwards, as it does without one.
 */
export function closeNow(fd: number, mayLinger: boolean): void {
  const { all } = loadLibc();
  if (mayLinger && IS_LINUX) {
    length[0] = linger.byteLength;
    const told = all.getsockopt(fd, SOL_SOCKET, SO_LINGER, linger, length);
    if (told === 0 && linger[0] !== 0 && linger[1]! > 0) {
      linger[0] = 0;
      all.setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.byteLength);
    }
  }
  all.close(fd);
}
