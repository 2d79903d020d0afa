import { lengthOf } from "../internal/check/mod.ts";
import { lastError, type Libc, loadLibc } from "./_libc.ts";
import { MSG_CTRUNC, MSG_NOSIGNAL, MSG_TRUNC } from "./constants.ts";
import type { ControlMessage } from "./control_message.ts";
import { decodeControl } from "./_control.ts";
import {
  F_SETFD,
  FD_CLOEXEC,
  flagsOf,
  IOVEC,
  IS_LINUX,
  MSGHDR,
} from "./_platform.ts";
import { callFlags, type Received, wouldBlock } from "./_receive.ts";
import { decode, type Sockaddr, SOCKADDR_SIZE } from "./_sockaddr.ts";

/** What `recvMsg` received. */
export interface ReceivedMessage extends Received {
  /** What came beside the bytes. */
  control: ControlMessage[];
  /** Whether some of that was lost for want of room. */
  controlTruncated: boolean;
  /** All flags of the result, such as MSG_OOB. */
  flags: number;
}

/** MSG_CMSG_CLOEXEC: descriptors that come do not survive exec. */
const CMSG_CLOEXEC = IS_LINUX ? 0x40000000 : 0;

/** The address of bytes, for a structure; nothing moves them while they live. */
export function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  if (lengthOf(bytes) === 0) return 0n;
  return BigInt(loadLibc().all.addressOf(bytes, bytes, 0));
}

/** What libc reaches by address alone, so that it is not collected meanwhile. */
const held: unknown[] = [];

/** A `struct msghdr` over its parts, which live until `held` is let go of. */
function header(
  buffers: readonly Uint8Array<ArrayBuffer>[],
  name: Sockaddr | undefined,
  control: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const vectors = new Uint8Array(IOVEC.size * buffers.length);
  held.push(vectors, ...buffers, name, control);
  const parts = new DataView(vectors.buffer);
  buffers.forEach((buffer, i) => {
    const at = i * IOVEC.size;
    parts.setBigUint64(at + IOVEC.base, addressOf(buffer), true);
    parts.setBigUint64(at + IOVEC.length, BigInt(lengthOf(buffer)), true);
  });
  const bytes = new Uint8Array(MSGHDR.size);
  const view = new DataView(bytes.buffer);
  if (name !== undefined) {
    view.setBigUint64(MSGHDR.name, addressOf(name.bytes), true);
    view.setUint32(MSGHDR.nameLength, name.length, true);
  }
  view.setBigUint64(MSGHDR.vectors, addressOf(vectors), true);
  view.setUint32(MSGHDR.vectorCount, buffers.length, true);
  view.setBigUint64(MSGHDR.control, addressOf(control), true);
  view.setUint32(MSGHDR.controlLength, control.length, true);
  return bytes;
}

/** C's `sendmsg`; undefined where there is no room yet. */
export function sendMsgNow(
  fd: number,
  buffers: readonly Uint8Array[],
  name: Sockaddr | undefined,
  control: Uint8Array<ArrayBuffer>,
  flags: number,
): number | undefined {
  const libc = loadLibc();
  const own = buffers as Uint8Array<ArrayBuffer>[];
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const bytes = header(own, name, control);
  const count = libc.all.sendmsg(fd, bytes, asked);
  held.length = 0;
  if (count !== -1) return count;
  if (wouldBlock(libc)) return undefined;
  throw lastError("send a message", "sendmsg");
}

/** C's `recvmsg`; undefined where there is nothing yet. */
export function recvMsgNow(
  fd: number,
  buffers: readonly Uint8Array[],
  controlSize: number,
  flags: number,
): ReceivedMessage | undefined {
  const libc = loadLibc();
  const name = { bytes: new Uint8Array(SOCKADDR_SIZE), length: SOCKADDR_SIZE };
  const beside = new Uint8Array(controlSize);
  const own = buffers as Uint8Array<ArrayBuffer>[];
  const asked = callFlags(flags) | CMSG_CLOEXEC;
  const bytes = header(own, name, beside);
  const length = libc.all.recvmsg(fd, bytes, asked);
  held.length = 0;
  if (length === -1) {
    if (wouldBlock(libc)) return undefined;
    throw lastError("receive a message", "recvmsg");
  }
  const view = new DataView(bytes.buffer);
  const told = flagsOf(view.getInt32(MSGHDR.flags, true) & ~CMSG_CLOEXEC);
  const nameLength = view.getUint32(MSGHDR.nameLength, true);
  const controlLength = view.getUint32(MSGHDR.controlLength, true);
  const control = decodeControl(beside, controlLength);
  if (!IS_LINUX) closeAtExec(libc, control);
  return {
    length,
    address: decode(name.bytes, 0, nameLength),
    truncated: (told & MSG_TRUNC) !== 0,
    control,
    controlTruncated: (told & MSG_CTRUNC) !== 0,
    flags: told,
  };
}

/** What MSG_CMSG_CLOEXEC does on Linux: descriptors that came do not survive exec. */
function closeAtExec(
  { fcntl }: Libc,
  control: readonly ControlMessage[],
): void {
  for (const message of control) {
    if (message.type !== "SCM_RIGHTS") continue;
    for (const fd of message.descriptors) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/**
 * C's `recvfrom` where it does not tell whether a datagram was longer than the
 * buffer, as on macOS.
 */
export function recvFromByMessage(
  fd: number,
  buffer: Uint8Array,
  flags: number,
): Received | undefined {
  const message = recvMsgNow(fd, [buffer], 0, flags);
  if (message === undefined) return undefined;
  const { length, address, truncated } = message;
  return { length, address, truncated };
}

/** Two messages that one receive brought after each other. */
export function joinMessages(
  first: ReceivedMessage,
  second: ReceivedMessage,
): ReceivedMessage {
  const { control } = second;
  return {
    ...second,
    length: first.length + second.length,
    control: control.length > 0 ? control : first.control,
    controlTruncated: first.controlTruncated || second.controlTruncated,
  };
}

/** Whether something came beside the bytes, read or lost. */
export function hasControl(message: ReceivedMessage): boolean {
  return message.control.length > 0 || message.controlTruncated;
}
