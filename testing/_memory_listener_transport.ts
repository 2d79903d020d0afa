import type { NetAddr } from "../address/mod.ts";
import type { ListenerTransport, StreamTransport } from "../stream/_seam.ts";
import type { MemoryTransport } from "./_memory_transport.ts";

/** An accept that waits for a connection. */
interface Accept {
  readonly resolve: (transport: MemoryTransport) => void;
  readonly reject: (error: unknown) => void;
}

/** A listening socket in memory: a bounded queue of connections. */
export class MemoryListenerTransport implements ListenerTransport<NetAddr> {
  readonly backend: "memory" = "memory" as const;
  readonly addr: NetAddr;
  readonly #backlog: number;
  readonly #queue: MemoryTransport[] = [];
  #accept: Accept | undefined;
  /** Called when the queue has room again, and when the listener is closed. */
  onNews: () => void = () => {};

  constructor(addr: NetAddr, backlog: number) {
    this.addr = addr;
    this.#backlog = backlog;
  }

  /** Whether one more connection has room. */
  get hasRoom(): boolean {
    return this.#accept !== undefined || this.#queue.length < this.#backlog;
  }

  /** Queues a connection; there is room for it. */
  add(transport: MemoryTransport): void {
    const accept = this.#accept;
    this.#accept = undefined;
    if (accept !== undefined) accept.resolve(transport);
    else this.#queue.push(transport);
  }

  accept(): Promise<StreamTransport<NetAddr>> {
    return new Promise((resolve, reject) => {
      const first = this.#queue.shift();
      if (first === undefined) this.#accept = { resolve, reject };
      else resolve(first);
      this.onNews();
    });
  }

  /** As in TCP, connections that were not accepted are reset. */
  close(): Promise<void> {
    this.#accept?.reject(new Error("closed"));
    this.#accept = undefined;
    for (const transport of this.#queue.splice(0)) transport.reset();
    this.onNews();
    return Promise.resolve();
  }

  /** Memory keeps no program alive. */
  ref(): void {}

  /** Memory keeps no program alive. */
  unref(): void {}
}
