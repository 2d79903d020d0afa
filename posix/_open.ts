import { checkRealIo } from "../internal/runtime/mod.ts";
import { checkCall, mustWait } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { getOption } from "./_options.ts";
import {
  F_GETFL,
  F_SETFD,
  F_SETFL,
  familyOf,
  FD_CLOEXEC,
  IS_LINUX,
  nativeFamily,
  O_NONBLOCK,
  SETOPTSHUT,
  SO_NP_EXTENSIONS,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./_platform.ts";
import { nameOf, readName, reply } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** Linux opens sockets as they are to be; others are told afterwards. */
const OPEN_FLAGS = IS_LINUX ? SOCK_NONBLOCK | SOCK_CLOEXEC : 0;

/** Makes a descriptor not block, and not survive exec. */
export function configure(fd: number): void {
  const { fcntl, setsockopt } = loadLibc();
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (IS_LINUX) return;
  const { byteLength } = SETOPTSHUT;
  setsockopt(fd, SOL_SOCKET, SO_NP_EXTENSIONS, SETOPTSHUT, byteLength);
}

/** What C has just opened, so that it does not block. */
function opened(fd: number): number {
  if (!IS_LINUX) configure(fd);
  return fd;
}

/** C's `socket`. */
export function openNow(
  family: number,
  type: number,
  protocol: number,
): number {
  checkRealIo("libc's socket()");
  const { socket } = loadLibc();
  const fd = socket(nativeFamily(family), type | OPEN_FLAGS, protocol);
  return opened(checkCall(fd, "open a socket", "socket"));
}

/** C's `socketpair`. */
export function openPair(
  family: number,
  type: number,
  protocol: number,
): [number, number] {
  checkRealIo("libc's socketpair()");
  const ends = new Int32Array(2);
  const { socketpair } = loadLibc();
  const native = nativeFamily(family);
  const result = socketpair(native, type | OPEN_FLAGS, protocol, ends);
  checkCall(result, "open a pair of sockets", "socketpair");
  return [opened(ends[0]!), opened(ends[1]!)];
}

/** Describes a descriptor that other code has opened, by its own and its peer's name. */
export function openDescriptor(
  fd: number,
): { family: number; type: number; names: SocketName[] } {
  const type = getOption(fd, "SO_TYPE");
  const names = [nameOf(fd, "getsockname")];
  const family = familyOf(IS_LINUX ? reply.bytes[0]! : reply.bytes[1]!);
  if (readName(fd, "getpeername")) names.push(reply.name());
  return { family, type, names };
}

/** C's `accept`; undefined where there is no connection yet. */
export function acceptNow(
  fd: number,
): { fd: number; address: SocketName } | undefined {
  const { accept, accept4 } = loadLibc();
  const accepted = IS_LINUX
    ? accept4(fd, reply.bytes, reply.room(), OPEN_FLAGS)
    : accept(fd, reply.bytes, reply.room());
  if (accepted === -1) return mustWait("accept", "accept");
  return { fd: opened(accepted), address: reply.name() };
}
