import { lastError, type Libc, loadLibc } from "./_libc.ts";
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
import { getOption } from "./_options.ts";
import { wouldBlock } from "./_receive.ts";
import { decode, SOCKADDR_SIZE } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";

/** Linux opens sockets as they are to be; others are told afterwards. */
const OPEN_FLAGS = IS_LINUX ? SOCK_NONBLOCK | SOCK_CLOEXEC : 0;

/** Makes a descriptor not block, and not survive exec. */
export function configure({ all, fcntl }: Libc, fd: number): void {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (IS_LINUX) return;
  const { byteLength } = SETOPTSHUT;
  all.setsockopt(fd, SOL_SOCKET, SO_NP_EXTENSIONS, SETOPTSHUT, byteLength);
}

/** C's `socket`. */
export function openNow(
  family: number,
  type: number,
  protocol: number,
): number {
  const libc = loadLibc();
  const native = nativeFamily(family);
  const fd = libc.all.socket(native, type | OPEN_FLAGS, protocol);
  if (fd === -1) throw lastError("open a socket", "socket");
  if (!IS_LINUX) configure(libc, fd);
  return fd;
}

/** C's `socketpair`. */
export function openPair(
  family: number,
  type: number,
  protocol: number,
): [number, number] {
  const libc = loadLibc();
  const ends = new Int32Array(2);
  const native = nativeFamily(family);
  if (libc.all.socketpair(native, type | OPEN_FLAGS, protocol, ends) === -1) {
    throw lastError("open a pair of sockets", "socketpair");
  }
  if (!IS_LINUX) ends.forEach((fd) => configure(libc, fd));
  return [ends[0]!, ends[1]!];
}

/** What a descriptor is that somebody else has opened: its names, too, and its peer's. */
export function openDescriptor(
  fd: number,
): { family: number; type: number; names: SocketName[] } {
  const type = getOption(fd, "SO_TYPE");
  const { all } = loadLibc();
  const name = new Uint8Array(SOCKADDR_SIZE);
  const length = Uint32Array.of(SOCKADDR_SIZE);
  if (all.getsockname(fd, name, length) === -1) {
    throw lastError("adopt a descriptor", "getsockname");
  }
  const family = familyOf(IS_LINUX ? name[0]! : name[1]!);
  const names = [decode(name, 0, length[0]!)];
  length[0] = SOCKADDR_SIZE;
  const hasPeer = all.getpeername(fd, name, length) === 0;
  if (hasPeer) names.push(decode(name, 0, length[0]!));
  return { family, type, names };
}

const name = new Uint8Array(SOCKADDR_SIZE);
const nameLength = new Uint32Array(1);

/** C's `accept`; undefined where there is no connection yet. */
export function acceptNow(
  fd: number,
): { fd: number; address: SocketName } | undefined {
  const libc = loadLibc();
  nameLength[0] = SOCKADDR_SIZE;
  const accepted = libc.linux !== undefined
    ? libc.linux.accept4(fd, name, nameLength, OPEN_FLAGS)
    : libc.all.accept(fd, name, nameLength);
  if (accepted === -1) {
    if (wouldBlock(libc)) return undefined;
    throw lastError("accept", "accept");
  }
  if (!IS_LINUX) configure(libc, accepted);
  return { fd: accepted, address: decode(name, 0, nameLength[0]) };
}
