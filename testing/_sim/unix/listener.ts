import type { UnixAddr } from "../../../address/mod.ts";
import type { UnixListenerTransport } from "../../../unix/_seam.ts";
import { failure } from "../types.ts";
import type { SimulatedUnixTransport } from "./transport.ts";

/** An accept that waits for a connection. */
interface Accept {
  readonly resolve: (transport: SimulatedUnixTransport) => void;
  readonly reject: (error: unknown) => void;
}

/** A listening unix socket: a bounded queue of connections. */
export class SimulatedUnixListener implements UnixListenerTransport {
  readonly backend = "simulated";
  readonly addr: UnixAddr;
  readonly #backlog: number;
  readonly #onClosed: () => void;
  readonly #queue: SimulatedUnixTransport[] = [];
  #accept: Accept | undefined;
  #isClosed = false;

  constructor(addr: UnixAddr, backlog: number, onClosed: () => void) {
    this.addr = addr;
    this.#backlog = backlog;
    this.#onClosed = onClosed;
  }

  /** Whether one more connection has room; Linux queues one more than the backlog. */
  get hasRoom(): boolean {
    return this.#accept !== undefined || this.#queue.length <= this.#backlog;
  }

  /** Queues a connection; there is room for it. */
  add(transport: SimulatedUnixTransport): void {
    const accept = this.#accept;
    this.#accept = undefined;
    if (accept !== undefined) accept.resolve(transport);
    else this.#queue.push(transport);
  }

  accept(): Promise<SimulatedUnixTransport> {
    return new Promise((resolve, reject) => {
      const first = this.#queue.shift();
      if (first === undefined) this.#accept = { resolve, reject };
      else resolve(first);
    });
  }

  /** Connections that were not accepted are closed. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#onClosed();
    this.#accept?.reject(failure("EBADF", "accept"));
    this.#accept = undefined;
    for (const transport of this.#queue.splice(0)) transport.close();
    return Promise.resolve();
  }

  /** The simulation decides how long the program lives. */
  ref(): void {}

  /** The simulation decides how long the program lives. */
  unref(): void {}
}
