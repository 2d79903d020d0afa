import type { BindTarget, RawDatagram } from "./_transport.ts";

/** Datagrams that came before somebody asked for them: bounded in count and bytes. */
export class DatagramQueue {
  /** How many datagrams found no room. */
  dropped = 0;
  readonly #limits: BindTarget;
  #items: (RawDatagram | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  constructor(limits: BindTarget) {
    this.#limits = limits;
  }

  /** How many datagrams there are. */
  protected get count(): number {
    return this.#items.length - this.#head;
  }

  /** How many bytes they have. */
  protected get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many bytes more do not fit in. */
  protected isFullFor(length: number): boolean {
    const { maxQueuedDatagrams, maxQueuedBytes } = this.#limits;
    return this.count >= maxQueuedDatagrams ||
      this.#bytes + length > maxQueuedBytes;
  }

  /** Adds a datagram whose bytes are its own, or drops by the policy. */
  push(datagram: RawDatagram): void {
    const { maxQueuedBytes, dropPolicy } = this.#limits;
    const { length } = datagram.bytes;
    // Others make no room for one that is too large.
    const isRefused = dropPolicy === "newest" || length > maxQueuedBytes;
    while (this.isFullFor(length)) {
      this.dropped++;
      if (isRefused) return;
      this.shift();
    }
    this.#items.push(datagram);
    this.#bytes += length;
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
