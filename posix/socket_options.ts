/** A multicast group to join or leave, for the options that do so. */
export interface GroupRequest {
  /** The group: an IP address of the socket's family. */
  address: string;
  /**
   * The interface: an IPv4 address of it for AF_INET, its index or its name;
   * the system's choice, if left out.
   */
  interface?: string | number | undefined;
  /** The only sender to hear; left out where the option hears all. */
  source?: string | undefined;
}

/** Who is at the other end of a local socket: C's `struct ucred`. */
export interface PeerCredentials {
  /** The process. */
  pid: number;
  /** The user. */
  uid: number;
  /** The group. */
  gid: number;
}

/**
 * The options of sockets, by the names that C has for them, and their values.
 *
 * Switches are booleans; times are in milliseconds, whatever unit C has, unless
 * said otherwise; sizes are in bytes. Options that one system lacks are refused
 * there with ENOPROTOOPT. Those marked as of the result only can be read, not set.
 */
export interface SocketOptions {
  /** Whether it is a listening socket. Of the result only. */
  SO_ACCEPTCONN: boolean;
  /** The interface that it is bound to, by name; `""` for none. Linux, macOS 14.4. */
  SO_BINDTODEVICE: string;
  /** Whether it may send to broadcast addresses. */
  SO_BROADCAST: boolean;
  /** For how long a read polls the device, in microseconds. Linux. */
  SO_BUSY_POLL: number;
  /** The family. Of the result only. Linux. */
  SO_DOMAIN: number;
  /** Whether it sends to directly connected networks alone. */
  SO_DONTROUTE: boolean;
  /** The error that is pending, which reading it clears; 0 for none. Of the result only. */
  SO_ERROR: number;
  /** Whether an idle peer is asked for signs of life. */
  SO_KEEPALIVE: boolean;
  /**
   * What `close` does with what is queued: null lets the kernel send it in the
   * background, 0 discards it and sends RST. A time above 0, in milliseconds (C has
   * seconds), is for how long C's `close` waits for it, which `PosixSocket.close`
   * does not: it is then as with null. But the runtime's own sockets do wait when
   * they are closed, and the program with them. At most 327 seconds on macOS.
   */
  SO_LINGER: number | null;
  /** The mark of its packets, for routing. Linux; needs CAP_NET_ADMIN. */
  SO_MARK: number;
  /** Whether urgent data comes in line. */
  SO_OOBINLINE: boolean;
  /** Who is at the other end of a local socket. Of the result only. Linux. */
  SO_PEERCRED: PeerCredentials;
  /** The priority of its packets, 0 to 6. Linux. */
  SO_PRIORITY: number;
  /** The protocol. Of the result only. Linux. */
  SO_PROTOCOL: number;
  /** The receive buffer; Linux doubles what is set, for its own needs. */
  SO_RCVBUF: number;
  /** As SO_RCVBUF, beyond the system's limit. Linux; needs CAP_NET_ADMIN. */
  SO_RCVBUFFORCE: number;
  /** How much makes a socket readable. */
  SO_RCVLOWAT: number;
  /**
   * After how long C's blocking calls fail; 0 for never. Nothing blocks here, so
   * that it is kept for others who have the socket: use `timeout`.
   */
  SO_RCVTIMEO: number;
  /** Whether a port in TIME_WAIT can be bound, and UDP ports be shared. */
  SO_REUSEADDR: boolean;
  /** Whether several sockets may be bound to the port, among which the kernel deals out. */
  SO_REUSEPORT: boolean;
  /** Whether received messages say how many were dropped. Linux. */
  SO_RXQ_OVFL: boolean;
  /** The send buffer; Linux doubles what is set, for its own needs. */
  SO_SNDBUF: number;
  /** As SO_SNDBUF, beyond the system's limit. Linux; needs CAP_NET_ADMIN. */
  SO_SNDBUFFORCE: number;
  /** As SO_RCVTIMEO, for sending. */
  SO_SNDTIMEO: number;
  /** Whether received messages carry the time, as `SCM_TIMESTAMP`. */
  SO_TIMESTAMP: boolean;
  /** The type: SOCK_STREAM and the like. Of the result only. */
  SO_TYPE: number;

  /** The algorithm that controls congestion, such as "cubic". Linux. */
  TCP_CONGESTION: string;
  /** Whether partial segments are held back (macOS: TCP_NOPUSH). */
  TCP_CORK: boolean;
  /** For how long a listener waits for data before it wakes. Linux. */
  TCP_DEFER_ACCEPT: number;
  /** How many connections may be waiting that sent data with their SYN: RFC 7413. */
  TCP_FASTOPEN: number;
  /** Whether connect waits for the first data to send with its SYN. Linux. */
  TCP_FASTOPEN_CONNECT: boolean;
  /** How many probes go unanswered before the connection is dropped. */
  TCP_KEEPCNT: number;
  /** For how long a connection is idle before it is probed. */
  TCP_KEEPIDLE: number;
  /** The time between probes. */
  TCP_KEEPINTVL: number;
  /** For how long an orphan stays in FIN_WAIT2; negative for not at all. Linux. */
  TCP_LINGER2: number;
  /** The largest segment. */
  TCP_MAXSEG: number;
  /** Whether small segments leave at once: Nagle's algorithm (RFC 896) is off. */
  TCP_NODELAY: boolean;
  /** Below how many unsent bytes a socket is writable. */
  TCP_NOTSENT_LOWAT: number;
  /** Whether the next ACKs leave at once. Linux. */
  TCP_QUICKACK: boolean;
  /** How often SYN is sent before connect gives up. Linux. */
  TCP_SYNCNT: number;
  /** For how long data may be unacknowledged: RFC 5482. 0 for the default. Linux. */
  TCP_USER_TIMEOUT: number;
  /** The largest window to advertise; 0 for no limit. Linux. */
  TCP_WINDOW_CLAMP: number;

  /** Joins a group. Set only. */
  IP_ADD_MEMBERSHIP: GroupRequest;
  /** Joins a group for one source. Set only. */
  IP_ADD_SOURCE_MEMBERSHIP: GroupRequest;
  /** Whether the port is chosen at connect, not at bind. Linux. */
  IP_BIND_ADDRESS_NO_PORT: boolean;
  /** Leaves a group. Set only. */
  IP_DROP_MEMBERSHIP: GroupRequest;
  /** Leaves a group for one source. Set only. */
  IP_DROP_SOURCE_MEMBERSHIP: GroupRequest;
  /** Whether it can be bound to an address that is not there yet. Linux. */
  IP_FREEBIND: boolean;
  /** Of a raw socket: whether what is sent begins with the IP header. */
  IP_HDRINCL: boolean;
  /** The least TTL of what is received: RFC 5082. 0 for any. Linux. */
  IP_MINTTL: number;
  /** The known path MTU, of a connected socket. Of the result only. Linux. */
  IP_MTU: number;
  /** Path MTU discovery: 0 never, 1 as the route has it, 2 always, 3 probe. Linux. */
  IP_MTU_DISCOVER: number;
  /** Whether it hears groups that other sockets have joined. Linux. */
  IP_MULTICAST_ALL: boolean;
  /** The interface that multicast leaves by: an IPv4 address of it, its name or index. */
  IP_MULTICAST_IF: string | number;
  /** Whether members on this host get what it sends to a group. */
  IP_MULTICAST_LOOP: boolean;
  /** Through how many routers multicast goes, 0 to 255. */
  IP_MULTICAST_TTL: number;
  /** Whether received messages carry the interface and the address, as IP_PKTINFO. */
  IP_PKTINFO: boolean;
  /** Whether ICMP errors are kept, with details, for MSG_ERRQUEUE. Linux. */
  IP_RECVERR: boolean;
  /** Whether received messages carry the type of service, as IP_TOS. */
  IP_RECVTOS: boolean;
  /** Whether received messages carry the TTL, as IP_TTL. */
  IP_RECVTTL: boolean;
  /** The type of service: DSCP (RFC 2474) and two bits of ECN. */
  IP_TOS: number;
  /** Through how many routers what it sends goes, 1 to 255. */
  IP_TTL: number;

  /** Whether what exceeds the MTU is refused. */
  IPV6_DONTFRAG: boolean;
  /** Joins a group. Set only. */
  IPV6_JOIN_GROUP: GroupRequest;
  /** Leaves a group. Set only. */
  IPV6_LEAVE_GROUP: GroupRequest;
  /** The known path MTU, of a connected socket. Linux. */
  IPV6_MTU: number;
  /** Path MTU discovery: 0 never, 1 as the route has it, 2 always, 3 probe. Linux. */
  IPV6_MTU_DISCOVER: number;
  /** Through how many routers multicast goes, 0 to 255. */
  IPV6_MULTICAST_HOPS: number;
  /** The interface that multicast leaves by: its index, 0 for the default. */
  IPV6_MULTICAST_IF: number;
  /** Whether members on this host get what it sends to a group. */
  IPV6_MULTICAST_LOOP: boolean;
  /** Whether ICMP errors are kept, with details, for MSG_ERRQUEUE. Linux. */
  IPV6_RECVERR: boolean;
  /** Whether received messages carry the hop limit, as IPV6_HOPLIMIT. */
  IPV6_RECVHOPLIMIT: boolean;
  /** Whether received messages carry the interface and the address, as IPV6_PKTINFO. */
  IPV6_RECVPKTINFO: boolean;
  /** Whether received messages carry the traffic class, as IPV6_TCLASS. */
  IPV6_RECVTCLASS: boolean;
  /** The traffic class: DSCP (RFC 2474) and two bits of ECN. */
  IPV6_TCLASS: number;
  /** Through how many routers what it sends goes, 1 to 255. */
  IPV6_UNICAST_HOPS: number;
  /** Whether a socket on `::` takes IPv6 alone. Before bind. */
  IPV6_V6ONLY: boolean;

  /** Joins a group of either family for one source: RFC 3678. Set only. */
  MCAST_JOIN_SOURCE_GROUP: GroupRequest;
  /** Leaves a group of either family for one source. Set only. */
  MCAST_LEAVE_SOURCE_GROUP: GroupRequest;
}

/** The name of an option. */
export type SocketOptionName = keyof SocketOptions;
