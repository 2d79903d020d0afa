import type { Packet } from "../types.ts";

/** RFC 791 and RFC 8200: the headers of IP, and of a fragment in IPv6. */
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const FRAGMENT_HEADER = 8;

/**
 * How many packets a link with this MTU needs. TCP and ICMP fit in one; a UDP datagram
 * is cut into fragments whose sizes are multiples of 8 bytes.
 */
export function fragmentsOf(packet: Packet, mtu: number): number {
  if (packet.size <= mtu || packet.protocol !== "udp") return 1;
  const isV6 = packet.to.includes(":");
  const header = isV6 ? IPV6_HEADER : IPV4_HEADER;
  const room = mtu - header - (isV6 ? FRAGMENT_HEADER : 0);
  return Math.ceil((packet.size - header) / (room - room % 8));
}

/** The bytes of a packet on a link that cuts it into so many fragments. */
export function bytesOnLink(packet: Packet, fragments: number): number {
  if (fragments === 1) return packet.size;
  return packet.to.includes(":")
    ? packet.size + FRAGMENT_HEADER +
      (fragments - 1) * (IPV6_HEADER + FRAGMENT_HEADER)
    : packet.size + (fragments - 1) * IPV4_HEADER;
}
