import { DatagramQueue } from "../../../udp/_seam.ts";

/**
 * How much the kernel charges for a small datagram beside its bytes: Linux counts the
 * memory that it is in (`skb->truesize`), which is 768 bytes for an empty one.
 */
const OVERHEAD = 768;
/**
 * What a socket of this library has on Linux: it asks for 1 MiB, gets
 * /proc/sys/net/core/rmem_max, which is 212,992 by default, and the kernel doubles it
 * (socket(7), SO_RCVBUF).
 */
const MAX_ASKED = 212_992;
/** SOCK_MIN_RCVBUF of Linux. */
const LEAST = 2304;

/** Datagrams that have arrived, until the program takes them. */
export class ReceiveBuffer extends DatagramQueue {
  #size = 2 * MAX_ASKED;

  /** SO_RCVBUF: how much memory the datagrams may take. */
  resize(size: number): void {
    this.#size = Math.max(LEAST, 2 * Math.min(size, MAX_ASKED));
  }

  /** One datagram always has room in the memory. */
  protected override isFullFor(length: number): boolean {
    const cost = this.bytes + this.count * OVERHEAD;
    return cost >= this.#size || super.isFullFor(length);
  }
}
