import { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP } from "../address/mod.ts";
import {
  BOOL,
  CREDENTIALS,
  GROUP_SOURCE,
  INT,
  INTERFACE,
  LINGER,
  MREQ,
  MREQ6,
  MREQ_SOURCE,
  type OptionCodec,
  SECONDS,
  TEXT,
  TIMEVAL,
} from "./_option_codec.ts";
import { SOL_SOCKET } from "./_platform.ts";
import type { SocketOptions } from "./socket_options.ts";

/** An option's place and shape. */
export interface OptionEntry<T> {
  readonly level: number;
  readonly codec: OptionCodec<T>;
  /** Its number on Linux, and on macOS; undefined where it has none. */
  readonly linux: number | undefined;
  readonly darwin: number | undefined;
  /** Whether it can only be read. */
  readonly isReadOnly: boolean;
}

function at(level: number, isReadOnly = false) {
  return <T>(
    codec: OptionCodec<T>,
    linux: number | undefined,
    darwin?: number,
  ): OptionEntry<T> => ({ level, codec, linux, darwin, isReadOnly });
}

const socket = at(SOL_SOCKET);
const socketFact = at(SOL_SOCKET, true);
const tcp = at(IPPROTO_TCP);
const ip = at(IPPROTO_IP);
const ipv6 = at(IPPROTO_IPV6);

/**
 * All options. The numbers are those of `asm-generic/socket.h`, `linux/tcp.h`,
 * `linux/in.h` and `linux/in6.h`, and of XNU's `sys/socket.h`, `netinet/tcp.h`,
 * `netinet/in.h` and `netinet6/in6.h`.
 */
export const OPTION_TABLE: {
  readonly [K in keyof SocketOptions]: OptionEntry<SocketOptions[K]>;
} = {
  SO_ACCEPTCONN: socketFact(BOOL, 30, 0x2),
  SO_BINDTODEVICE: socket(TEXT, 25, 0x1134), // since XNU 10063
  SO_BROADCAST: socket(BOOL, 6, 0x20),
  SO_BUSY_POLL: socket(INT, 46),
  SO_DOMAIN: socketFact(INT, 39),
  SO_DONTROUTE: socket(BOOL, 5, 0x10),
  SO_ERROR: socketFact(INT, 4, 0x1007),
  SO_KEEPALIVE: socket(BOOL, 9, 0x8),
  SO_LINGER: socket(LINGER, 13, 0x1080), // Darwin's SO_LINGER_SEC
  SO_MARK: socket(INT, 36),
  SO_OOBINLINE: socket(BOOL, 10, 0x100),
  SO_PEERCRED: socketFact(CREDENTIALS, 17),
  SO_PRIORITY: socket(INT, 12),
  SO_PROTOCOL: socketFact(INT, 38),
  SO_RCVBUF: socket(INT, 8, 0x1002),
  SO_RCVBUFFORCE: socket(INT, 33),
  SO_RCVLOWAT: socket(INT, 18, 0x1004),
  SO_RCVTIMEO: socket(TIMEVAL, 20, 0x1006),
  SO_REUSEADDR: socket(BOOL, 2, 0x4),
  SO_REUSEPORT: socket(BOOL, 15, 0x200),
  SO_RXQ_OVFL: socket(BOOL, 40),
  SO_SNDBUF: socket(INT, 7, 0x1001),
  SO_SNDBUFFORCE: socket(INT, 32),
  SO_SNDTIMEO: socket(TIMEVAL, 21, 0x1005),
  SO_TIMESTAMP: socket(BOOL, 29, 0x400),
  SO_TYPE: socketFact(INT, 3, 0x1008),

  TCP_CONGESTION: tcp(TEXT, 13),
  TCP_CORK: tcp(BOOL, 3, 4),
  TCP_DEFER_ACCEPT: tcp(SECONDS, 9),
  TCP_FASTOPEN: tcp(INT, 23, 0x105),
  TCP_FASTOPEN_CONNECT: tcp(BOOL, 30),
  TCP_KEEPCNT: tcp(INT, 6, 0x102),
  TCP_KEEPIDLE: tcp(SECONDS, 4, 0x10),
  TCP_KEEPINTVL: tcp(SECONDS, 5, 0x101),
  TCP_LINGER2: tcp(SECONDS, 8),
  TCP_MAXSEG: tcp(INT, 2, 2),
  TCP_NODELAY: tcp(BOOL, 1, 1),
  TCP_NOTSENT_LOWAT: tcp(INT, 25, 0x201),
  TCP_QUICKACK: tcp(BOOL, 12),
  TCP_SYNCNT: tcp(INT, 7),
  TCP_USER_TIMEOUT: tcp(INT, 18),
  TCP_WINDOW_CLAMP: tcp(INT, 10),

  IP_ADD_MEMBERSHIP: ip(MREQ, 35, 12),
  IP_ADD_SOURCE_MEMBERSHIP: ip(MREQ_SOURCE, 39, 70),
  IP_BIND_ADDRESS_NO_PORT: ip(BOOL, 24),
  IP_DROP_MEMBERSHIP: ip(MREQ, 36, 13),
  IP_DROP_SOURCE_MEMBERSHIP: ip(MREQ_SOURCE, 40, 71),
  IP_FREEBIND: ip(BOOL, 15),
  IP_HDRINCL: ip(BOOL, 3, 2),
  IP_MINTTL: ip(INT, 21),
  IP_MTU: at(IPPROTO_IP, true)(INT, 14),
  IP_MTU_DISCOVER: ip(INT, 10),
  IP_MULTICAST_ALL: ip(BOOL, 49),
  IP_MULTICAST_IF: ip(INTERFACE, 32, 9),
  IP_MULTICAST_LOOP: ip(BOOL, 34, 11),
  IP_MULTICAST_TTL: ip(INT, 33, 10),
  IP_PKTINFO: ip(BOOL, 8, 26),
  IP_RECVERR: ip(BOOL, 11),
  IP_RECVTOS: ip(BOOL, 13, 27),
  IP_RECVTTL: ip(BOOL, 12, 24),
  IP_TOS: ip(INT, 1, 3),
  IP_TTL: ip(INT, 2, 4),

  IPV6_DONTFRAG: ipv6(BOOL, 62, 62),
  IPV6_JOIN_GROUP: ipv6(MREQ6, 20, 12),
  IPV6_LEAVE_GROUP: ipv6(MREQ6, 21, 13),
  IPV6_MTU: ipv6(INT, 24),
  IPV6_MTU_DISCOVER: ipv6(INT, 23),
  IPV6_MULTICAST_HOPS: ipv6(INT, 18, 10),
  IPV6_MULTICAST_IF: ipv6(INT, 17, 9),
  IPV6_MULTICAST_LOOP: ipv6(BOOL, 19, 11),
  IPV6_RECVERR: ipv6(BOOL, 25),
  IPV6_RECVHOPLIMIT: ipv6(BOOL, 51, 37),
  IPV6_RECVPKTINFO: ipv6(BOOL, 49, 61),
  IPV6_RECVTCLASS: ipv6(BOOL, 66, 35),
  IPV6_TCLASS: ipv6(INT, 67, 36),
  IPV6_UNICAST_HOPS: ipv6(INT, 16, 4),
  IPV6_V6ONLY: ipv6(BOOL, 26, 27),

  MCAST_JOIN_SOURCE_GROUP: at(IPPROTO_IP)(GROUP_SOURCE, 46, 82),
  MCAST_LEAVE_SOURCE_GROUP: at(IPPROTO_IP)(GROUP_SOURCE, 47, 83),
};
