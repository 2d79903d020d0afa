import { lastError, loadLibc } from "./_libc.ts";
import { decode, SOCKADDR_SIZE } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** C's `getsockname` and `getpeername`, of any descriptor. */
export function nameOf(
  fd: number,
  syscall: "getsockname" | "getpeername",
): SocketName {
  const bytes = new Uint8Array(SOCKADDR_SIZE);
  const length = Uint32Array.of(SOCKADDR_SIZE);
  if (loadLibc().all[syscall](fd, bytes, length) === -1) {
    throw lastError("read a name", syscall);
  }
  return decode(bytes, 0, length[0]!);
}
