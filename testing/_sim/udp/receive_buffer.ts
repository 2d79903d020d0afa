import type { BindTarget, RawDatagram } from "../../../udp/_seam.ts";

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
export class ReceiveBuffer {
  /** How many datagrams found no room. */
  dropped = 0;
  readonly #limits: BindTarget;
  #size = 2 * MAX_ASKED;
  #items: (RawDatagram | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: BindTarget) {
    this.#limits = limits;
  }

  /** SO_RCVBUF: how much memory the datagrams may take. */
  resize(size: number): void {
    this.#size = Math.max(LEAST, 2 * Math.min(size, MAX_ASKED));
  }

  get #count(): number {
    return this.#items.length - this.#head;
  }

  /** Whether so many bytes more do not fit in. One datagram always has room. */
  #isFullFor(length: number): boolean {
    const { maxQueuedDatagrams, maxQueuedBytes } = this.#limits;
    const count = this.#count;
    const cost = this.#bytes + count * OVERHEAD;
    return count >= maxQueuedDatagrams ||
      this.#bytes + length > maxQueuedBytes || cost >= this.#size;
  }

  /** Adds a datagram, or drops one by the policy. */
  push(datagram: RawDatagram): void {
    const { maxQueuedBytes, dropPolicy } = this.#limits;
    const { length } = datagram.bytes;
    // Others make no room for one that is too large.
    const isRefused = dropPolicy === "newest" || length > maxQueuedBytes;
    while (this.#isFullFor(length)) {
      this.dropped++;
      if (isRefused) return;
      this.shift();
    }
    this.#items.push(datagram);
    this.#bytes += length;
  }

  /** Takes the oldest datagram, if there is one. */
  shift(): RawDatagram | undefined {
    const datagram = this.#items[this.#head];
    if (datagram === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    this.#bytes -= datagram.bytes.length;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return datagram;
  }

  clear(): void {
    this.#items = [];
    this.#head = this.#bytes = 0;
  }
}
