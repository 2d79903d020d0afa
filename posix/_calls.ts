/** C's calls that move bytes: each returns undefined where it would have to wait. */
import { lengthOf } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { SYSTEM } from "../internal/runtime/mod.ts";
import { countOf } from "./_buffers.ts";
import { mustWait } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_TRUNC,
  MSG_WAITALL,
} from "./constants.ts";
import { IS_LINUX, lackingFlags, nativeFlags } from "./_platform.ts";
import { encode, reply } from "./_sockaddr.ts";
import { showName, type SocketName } from "./socket_name.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A received message and its sender. */
export interface Received {
  /** How many bytes are in the buffer. */
  length: number;
  /** The sender; the path is empty where it has no name. */
  address: SocketName;
  /** Whether the datagram was longer than the buffer. */
  truncated: boolean;
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
      reason: `${SYSTEM} lacks flag 0x${lacking.toString(16)}`,
    });
  }
  return nativeFlags(flags & ~MSG_WAITALL | MSG_DONTWAIT);
}

/** C's `recv`. */
export function recvNow(
  fd: number,
  buffer: Uint8Array,
  flags: number,
): number | undefined {
  const asked = callFlags(flags);
  const count = loadLibc().recv(fd, buffer as Bytes, countOf(buffer), asked);
  return count === -1 ? mustWait("receive", "recv") : count;
}

/** C's `recvfrom`. */
export function recvFromNow(
  fd: number,
  buffer: Uint8Array,
  flags: number,
  isDatagram: boolean,
): Received | undefined {
  // Linux then tells the length that the datagram had.
  const asked = callFlags(isDatagram && IS_LINUX ? flags | MSG_TRUNC : flags);
  const room = countOf(buffer);
  const length = reply.room();
  const count = loadLibc().recvfrom(
    ...[fd, buffer as Bytes, room, asked, reply.bytes, length] as const,
  );
  if (count === -1) return mustWait("receive", "recvfrom");
  const truncated = count > room;
  const isWhole = !truncated || (flags & MSG_TRUNC) !== 0;
  const address = reply.name();
  return { length: isWhole ? count : room, address, truncated };
}

/** C's `send`. */
export function sendNow(
  fd: number,
  bytes: Uint8Array,
  flags: number,
): number | undefined {
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const count = loadLibc().send(fd, bytes as Bytes, countOf(bytes), asked);
  if (count !== -1) return count;
  return mustWait(`send ${lengthOf(bytes)} bytes`, "send");
}

/** C's `sendto`. */
export function sendToNow(
  fd: number,
  bytes: Uint8Array,
  flags: number,
  to: SocketName,
  family: number,
): number | undefined {
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const room = countOf(bytes);
  const name = encode(to, family);
  const count = loadLibc().sendto(
    ...[fd, bytes as Bytes, room, asked, name, name.length] as const,
  );
  if (count !== -1) return count;
  return mustWait(`send ${lengthOf(bytes)} bytes to ${showName(to)}`, "sendto");
}
