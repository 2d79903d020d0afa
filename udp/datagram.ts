import type { NetAddr } from "../address/mod.ts";

/** A datagram that was received. */
export interface Datagram {
  /** Its payload; yours to keep. */
  data: Uint8Array<ArrayBuffer>;
  /** Where it came from. */
  address: NetAddr;
  /** Whether it was longer than `maxDatagramSize`, and its end is lost. */
  truncated: boolean;
}

/** What {@linkcode UdpEndpoint.prototype.receiveInto | receiveInto} did. */
export interface ReceivedInto {
  /** How many bytes of the buffer were filled. */
  length: number;
  /** Where the datagram came from. */
  address: NetAddr;
  /** Whether it was longer than the buffer, and its end is lost. */
  truncated: boolean;
}
