import type { DropPolicy, RawDatagram } from "./_transport.ts";

/** The limits of a queue. */
export interface QueueLimits {
  readonly maxQueuedDatagrams: number;
  readonly maxQueuedBytes: number;
  readonly dropPolicy: DropPolicy;
}

/** Datagrams that came before somebody asked for them: bounded in count and bytes. */
export class DatagramQueue {
  /** How many datagrams found no room. */
  dropped = 0;
  readonly #limits: QueueLimits;
  #items: (RawDatagram | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds a datagram whose bytes are its own, or drops by the policy. */
  push(datagram: RawDatagram): void {
    const { maxQueuedDatagrams, maxQueuedBytes, dropPolicy } = this.#limits;
    if (datagram.bytes.length > maxQueuedBytes) { // no other makes room for it
      this.dropped++;
      return;
    }
    const isOver = () =>
      this.size >= maxQueuedDatagrams ||
      this.#bytes + datagram.bytes.length > maxQueuedBytes;
    while (isOver()) {
      this.dropped++;
      if (dropPolicy === "newest") return;
      this.shift();
    }
    this.#items.push(datagram);
    this.#bytes += datagram.bytes.length;
  }

  /** Takes the oldest, if there is one. */
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
