import { errnoOf, socketError } from "../errors/mod.ts";
import { countOf } from "./_buffer.ts";
import { lastError, type Libc, loadLibc } from "./_libc.ts";
import { MSG_DONTWAIT, MSG_TRUNC, MSG_WAITALL } from "./constants.ts";
import { IS_LINUX, lackingFlags, nativeFlags } from "./_platform.ts";
import { decode, SOCKADDR_SIZE } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** What was received, and from whom. */
export interface Received {
  /** How many bytes are in the buffer. */
  length: number;
  /** The sender; the path is empty where it has no name. */
  address: SocketName;
  /** Whether the datagram was longer than the buffer. */
  truncated: boolean;
}

const EAGAIN = errnoOf("EAGAIN")!;
const EINTR = errnoOf("EINTR")!;

/** Whether the call that has just failed is to be made again later. */
export function wouldBlock(libc: Libc): boolean {
  const errno = libc.errno();
  return errno === EAGAIN || errno === EINTR;
}

/**
 * The flags of the call that libc gets: nothing here waits inside libc.
 *
 * @throws {NotSupportedError} If the system lacks one that a call cannot do without.
 */
export function callFlags(flags: number): number {
  const lacking = lackingFlags(flags);
  if (lacking !== 0) {
    throw socketError("ENOTSUP", {
      action: "use the flags of the call",
      reason: `${Deno.build.os} lacks flag 0x${lacking.toString(16)}`,
    });
  }
  return nativeFlags(flags & ~MSG_WAITALL | MSG_DONTWAIT);
}

/** C's `recv`; undefined where there is nothing yet. */
export function recvNow(
  fd: number,
  buffer: Uint8Array,
  flags: number,
): number | undefined {
  const libc = loadLibc();
  const own = buffer as Uint8Array<ArrayBuffer>;
  const asked = callFlags(flags);
  const count = libc.all.recv(fd, own, countOf(own), asked);
  if (count !== -1) return count;
  if (wouldBlock(libc)) return undefined;
  throw lastError("receive", "recv");
}

const name = new Uint8Array(SOCKADDR_SIZE);
const nameLength = new Uint32Array(1);

/** C's `recvfrom`; undefined where there is nothing yet. */
export function recvFromNow(
  fd: number,
  buffer: Uint8Array,
  flags: number,
  isDatagram: boolean,
): Received | undefined {
  const libc = loadLibc();
  const own = buffer as Uint8Array<ArrayBuffer>;
  // Linux then tells the length that the datagram had.
  const asked = callFlags(isDatagram && IS_LINUX ? flags | MSG_TRUNC : flags);
  nameLength[0] = SOCKADDR_SIZE;
  const room = countOf(own);
  const count = libc.all.recvfrom(
    ...[fd, own, room, asked, name, nameLength] as const,
  );
  if (count === -1) {
    if (wouldBlock(libc)) return undefined;
    throw lastError("receive", "recvfrom");
  }
  const truncated = count > room;
  const isWhole = !truncated || (flags & MSG_TRUNC) !== 0;
  return {
    length: isWhole ? count : room,
    address: decode(name, 0, nameLength[0]),
    truncated,
  };
}
