import { lengthOf } from "../internal/check/mod.ts";
import { mustWait } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
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
import { callFlags, type Received } from "./_calls.ts";
import { decode, type Sockaddr, SOCKADDR_SIZE } from "./_sockaddr.ts";

type Bytes = Uint8Array<ArrayBuffer>;

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
export function addressOf(bytes: Bytes): bigint {
  if (lengthOf(bytes) === 0) return 0n;
  return BigInt(loadLibc().addressOf(bytes, bytes, 0));
}

/** What libc reaches by address alone, so that it is not collected meanwhile. */
const held: unknown[] = [];

/** A `struct msghdr` over its parts, which live until `held` is let go of. */
function header(
  buffers: readonly Bytes[],
  name: Sockaddr | undefined,
  control: Bytes,
): Bytes {
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
    view.setBigUint64(MSGHDR.name, addressOf(name), true);
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
  buffers: readonly Bytes[],
  name: Sockaddr | undefined,
  control: Bytes,
  flags: number,
): number | undefined {
  const asked = callFlags(flags | MSG_NOSIGNAL);
  const bytes = header(buffers, name, control);
  const count = loadLibc().sendmsg(fd, bytes, asked);
  held.length = 0;
  return count === -1 ? mustWait("send a message", "sendmsg") : count;
}

/** C's `recvmsg`; undefined where there is nothing yet. */
export function recvMsgNow(
  fd: number,
  buffers: readonly Bytes[],
  controlSize: number,
  flags: number,
): ReceivedMessage | undefined {
  const name = new Uint8Array(SOCKADDR_SIZE);
  const beside = new Uint8Array(controlSize);
  const asked = callFlags(flags) | CMSG_CLOEXEC;
  const bytes = header(buffers, name, beside);
  const length = loadLibc().recvmsg(fd, bytes, asked);
  held.length = 0;
  if (length === -1) return mustWait("receive a message", "recvmsg");
  const view = new DataView(bytes.buffer);
  const told = flagsOf(view.getInt32(MSGHDR.flags, true) & ~CMSG_CLOEXEC);
  const nameLength = view.getUint32(MSGHDR.nameLength, true);
  const controlLength = view.getUint32(MSGHDR.controlLength, true);
  const control = decodeControl(beside, controlLength);
  if (!IS_LINUX) closeAtExec(control);
  return {
    length,
    address: decode(name, 0, nameLength),
    truncated: (told & MSG_TRUNC) !== 0,
    control,
    controlTruncated: (told & MSG_CTRUNC) !== 0,
    flags: told,
  };
}

/** What MSG_CMSG_CLOEXEC does on Linux: descriptors that came do not survive exec. */
function closeAtExec(control: readonly ControlMessage[]): void {
  const { fcntl } = loadLibc();
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
  const message = recvMsgNow(fd, [buffer as Bytes], 0, flags);
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
