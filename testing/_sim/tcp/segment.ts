import type { TcpPacket } from "../types.ts";

/** The two ends of a connection, as one of its hosts sees them. */
export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** What a segment says, besides where it goes. */
export interface SegmentFields {
  readonly sequence: number;
  /** The next byte that the sender expects; undefined for a segment without ACK. */
  readonly acknowledged: number | undefined;
  readonly timestamp: number;
  readonly echo?: number | undefined;
  readonly syn?: boolean;
  readonly fin?: boolean;
  readonly rst?: boolean;
  readonly window?: number;
  readonly payload?: Uint8Array;
}

/** The payload of a segment that has none. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The size of the headers of IP and TCP, in bytes. */
export function headerSize(address: string): number {
  return address.includes(":") ? 60 : 40;
}

/** Makes the packet of a segment. */
export function makeSegment(
  { localAddress, localPort, remoteAddress, remotePort }: Ends,
  {
    sequence,
    acknowledged,
    timestamp,
    echo,
    syn = false,
    fin = false,
    rst = false,
    window = 0,
    payload = NO_BYTES,
  }: SegmentFields,
): TcpPacket {
  return {
    protocol: "tcp",
    from: localAddress,
    to: remoteAddress,
    size: headerSize(remoteAddress) + payload.length,
    sourcePort: localPort,
    port: remotePort,
    sequence,
    acknowledged: acknowledged ?? 0,
    syn,
    ack: acknowledged !== undefined,
    fin,
    rst,
    window,
    timestamp,
    echo,
    payload,
  };
}

/** The sequence number after the segment: SYN and FIN count as one byte each. */
export function endOf({ sequence, payload, syn, fin }: TcpPacket): number {
  return sequence + payload.length + (syn ? 1 : 0) + (fin ? 1 : 0);
}

/**
 * Returns the RST for a segment that belongs to no connection (RFC 9293 section
 * 3.10.7.1); undefined for an RST, which nobody answers.
 */
export function refusalOf(packet: TcpPacket): TcpPacket | undefined {
  if (packet.rst) return undefined;
  const ends = {
    localAddress: packet.to,
    localPort: packet.port,
    remoteAddress: packet.from,
    remotePort: packet.sourcePort,
  };
  return packet.ack
    ? makeSegment(ends, {
      sequence: packet.acknowledged,
      acknowledged: undefined,
      timestamp: packet.timestamp,
      rst: true,
    })
    : makeSegment(ends, {
      sequence: 0,
      acknowledged: endOf(packet),
      timestamp: packet.timestamp,
      rst: true,
    });
}
