/**
 * The constants of `sys/socket.h` and `netinet/in.h` that name families, socket
 * types and protocols.
 *
 * Families and types have Linux's numbers on every system, so that a program
 * reads the same everywhere; protocols have those of the IANA registry.
 */

/** Any family. */
export const AF_UNSPEC = 0;
/** Local sockets, named by a path. */
export const AF_UNIX = 1;
/** IPv4. */
export const AF_INET = 2;
/** IPv6. */
export const AF_INET6 = 10;

/** A stream of bytes, both ways and in order: TCP. */
export const SOCK_STREAM = 1;
/** Datagrams, each whole or not at all: UDP. */
export const SOCK_DGRAM = 2;
/** Packets of the protocol below. */
export const SOCK_RAW = 3;
/** Datagrams in order, over a connection. */
export const SOCK_SEQPACKET = 5;

/** The protocol's own default for the type of socket. */
export const IPPROTO_IP = 0;
/** Internet Control Message Protocol: RFC 792. */
export const IPPROTO_ICMP = 1;
/** Transmission Control Protocol: RFC 9293. */
export const IPPROTO_TCP = 6;
/** User Datagram Protocol: RFC 768. */
export const IPPROTO_UDP = 17;
/** IPv6, as a level of socket options: RFC 3493. */
export const IPPROTO_IPV6 = 41;
/** Internet Control Message Protocol for IPv6: RFC 4443. */
export const IPPROTO_ICMPV6 = 58;
/** Raw IP packets, header included. */
export const IPPROTO_RAW = 255;
