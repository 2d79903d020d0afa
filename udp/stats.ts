/** What a socket has done so far. */
export interface UdpStats {
  /** How many datagrams have been received. */
  received: number;
  /** How many datagrams have been sent. */
  sent: number;
  /** How many received datagrams were dropped because the queue was full. */
  dropped: number;
  /** How many datagrams of others than the peer were ignored. */
  strangers: number;
}
