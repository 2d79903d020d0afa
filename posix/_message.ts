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
  const vectors = new BigUint64Array(buffers.length * IOVEC.size / 8);
  buffers.forEach((each, i) => {
    vectors[2 * i] = addressOf(each);
    vectors[2 * i + 1] = BigInt(lengthOf(each));
  });
  held.push(vectors, ...buffers, name, control);
  // Each part fills 8 bytes, or has 4 free ones behind it.
  const words = new BigUint64Array(MSGHDR.size / 8);
  if (name !== undefined) {
    words[MSGHDR.name / 8] = addressOf(name);
    words[MSGHDR.nameLength / 8] = BigInt(name.length);
  }
  words[MSGHDR.vectors / 8] = addressOf(new Uint8Array(vectors.buffer));
  words[MSGHDR.vectorCount / 8] = BigInt(buffers.length);
  words[MSGHDR.control / 8] = addressOf(control);
  words[MSGHDR.controlLength / 8] = BigInt(control.length);
  return new Uint8Array(words.buffer);
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
