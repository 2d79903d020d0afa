/**
 * What differs between systems: numbers of constants, and layouts of structures.
 * Both systems are little-endian on both architectures.
 */
import { AF_INET6, IPPROTO_IP, IPPROTO_IPV6 } from "../address/mod.ts";
import { MACHINE, SYSTEM } from "../internal/runtime/mod.ts";
import * as C from "./constants.ts";

/** Whether this is Linux; else it is macOS. */
export const IS_LINUX: boolean = SYSTEM === "linux";

/** This system's number for a family. */
export function nativeFamily(family: number): number {
  return !IS_LINUX && family === AF_INET6 ? 30 : family;
}

/** The family that this system's number stands for. */
export function familyOf(native: number): number {
  return !IS_LINUX && native === 30 ? AF_INET6 : native;
}

/** `sys/socket.h` of XNU; what it lacks is left out. */
const DARWIN_FLAGS: readonly [linux: number, darwin: number][] = [
  [C.MSG_OOB, 0x1],
  [C.MSG_PEEK, 0x2],
  [C.MSG_DONTROUTE, 0x4],
  [C.MSG_EOR, 0x8],
  [C.MSG_TRUNC, 0x10],
  [C.MSG_CTRUNC, 0x20],
  [C.MSG_WAITALL, 0x40],
  [C.MSG_DONTWAIT, 0x80],
];

/** Flags that change no result where the system lacks them. */
const HINTS = C.MSG_NOSIGNAL | C.MSG_MORE;

/** Flags that this system lacks and that a call cannot do without; 0 for none. */
export function lackingFlags(flags: number): number {
  if (IS_LINUX) return 0;
  return DARWIN_FLAGS.reduce((rest, [linux]) => rest & ~linux, flags & ~HINTS);
}

/** The flags of one column of the table for those of the other. */
function translate(flags: number, from: 0 | 1, to: 0 | 1): number {
  if (IS_LINUX) return flags;
  const rows = DARWIN_FLAGS.filter((row) => flags & row[from]);
  return rows.reduce((all, row) => all | row[to], 0);
}

/** This system's flags for ours. */
export function nativeFlags(flags: number): number {
  return translate(flags, 0, 1);
}

/** Our flags for this system's. */
export function flagsOf(native: number): number {
  return translate(native, 1, 0);
}

/** Events that come with data, or with room for it. */
const DATA_EVENTS = C.POLLIN | C.POLLPRI | C.POLLOUT;

/**
 * Whether `poll` tells errors and the end only if data is asked for, too: that of
 * XNU watches a descriptor for nothing else (`poll_callback` in
 * `bsd/kern/sys_generic.c`).
 */
export function needsData(events: number): boolean {
  return !IS_LINUX && (events & DATA_EVENTS) === 0;
}

/** Returns the events to ask `poll` for, so that it reports these. */
export function askedEvents(events: number): number {
  return needsData(events) ? events | C.POLLIN : events;
}

/** Returns which of these events were reported, with errors and hang-ups. */
export function reportedEvents(events: number, reported: number): number {
  return needsData(events)
    ? reported & (events | C.POLLERR | C.POLLHUP | C.POLLNVAL)
    : reported;
}

/**
 * The longest time of SO_LINGER, in seconds. XNU has it in a `short` of hundredths
 * of a second, and takes what is longer for something else.
 */
export const MAX_LINGER: number = IS_LINUX ? 2 ** 31 - 1 : 327;

/**
 * macOS: SO_NP_EXTENSIONS with SONPX_SETOPTSHUT, a flag and its mask. Without it,
 * each `setsockopt` is EINVAL once a socket was shut down both ways.
 */
export const SO_NP_EXTENSIONS = 0x1083;
/** The `struct so_np_extensions` that sets it. */
export const SETOPTSHUT: Uint32Array<ArrayBuffer> = Uint32Array.of(1, 1);

/** macOS: MCAST_JOIN_GROUP and MCAST_LEAVE_GROUP, which take an index. */
export const DARWIN_GROUPS: Readonly<Record<string, number>> = {
  IP_ADD_MEMBERSHIP: 80,
  IP_DROP_MEMBERSHIP: 81,
};

/** `struct msghdr`: its size, and where its parts are. */
export const MSGHDR = {
  size: (IS_LINUX ? 56 : 48) as number,
  name: 0,
  nameLength: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  flags: (IS_LINUX ? 48 : 44) as number,
} as const;
/** `struct mmsghdr` of Linux: a msghdr, and the count of bytes. */
export const MMSGHDR = { size: 64, length: 56 } as const;

/** `struct iovec`. */
export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** `struct cmsghdr`: the length of a header, where its parts are, the alignment. */
export const CMSGHDR: Readonly<
  Record<"size" | "level" | "type" | "alignment", number>
> = IS_LINUX
  ? { size: 16, level: 8, type: 12, alignment: 8 }
  : { size: 12, level: 4, type: 8, alignment: 4 };

/** `struct epoll_event`, which is packed on x86-64 alone. */
export const EPOLL_EVENT: Readonly<Record<"size" | "data", number>> =
  MACHINE === "x86_64" ? { size: 12, data: 4 } : { size: 16, data: 8 };

/**
 * Options, and control messages, by which packets go another way than their address
 * says: IP_OPTIONS and IP_RETOPTS; IPV6_RTHDR, IPV6_NEXTHOP, IPV6_PKTOPTIONS and what
 * RFC 2292 had for them.
 */
export const ROUTE_OPTIONS: Readonly<Record<number, readonly number[]>> =
  IS_LINUX
    ? { [IPPROTO_IP]: [4, 7], [IPPROTO_IPV6]: [5, 6, 9, 57] }
    : { [IPPROTO_IP]: [1, 8], [IPPROTO_IPV6]: [21, 24, 25, 48, 51, 52] };

/** `fcntl.h` and `sys/socket.h`. */
export const F_GETFL = 3;
/** Sets the flags of a file. */
export const F_SETFL = 4;
/** Sets the flags of a descriptor. */
export const F_SETFD = 2;
/** Closes at exec. */
export const FD_CLOEXEC = 1;
/** Calls do not wait. */
export const O_NONBLOCK: number = IS_LINUX ? 0x800 : 0x4;
/** Linux: opened with O_NONBLOCK. */
export const SOCK_NONBLOCK = 0x800;
/** Linux: opened with FD_CLOEXEC. */
export const SOCK_CLOEXEC = 0x80000;
/** The level of options that all sockets have. */
export const SOL_SOCKET: number = IS_LINUX ? 1 : 0xffff;
