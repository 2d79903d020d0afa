import type { Addr } from "../address/mod.ts";
import { isError } from "../internal/runtime/mod.ts";
import { EndingSockets } from "../internal/backends/mod.ts";
import type { ListenerTransport, StreamTransport } from "./_transport.ts";

/** Until the accept that was pending has ended, the runtime keeps the address. */
const ENDING = new EndingSockets();

/** What this file uses of a listener of Deno. */
export interface RuntimeListener<C> {
  accept(): Promise<C>;
  close(): void;
  ref(): void;
  unref(): void;
}

/** A listener of Deno's, of any kind of stream. */
export class DenoListener<
  A extends Addr,
  C,
  T extends StreamTransport<A>,
> implements ListenerTransport<A, T> {
  readonly backend = "deno";
  readonly addr: A;
  readonly #listener: RuntimeListener<C>;
  readonly #open: (conn: C) => T;
  #accepting: Promise<C> | undefined;

  constructor(
    listener: RuntimeListener<C>,
    addr: A,
    open: (conn: C) => T,
  ) {
    this.#listener = listener;
    this.addr = addr;
    this.#open = open;
  }

  async accept(): Promise<T> {
    for (;;) {
      this.#accepting = this.#listener.accept();
      try {
        return this.#open(await this.#accepting);
      } catch (error) {
        // The runtime asks for the peer's address after C's accept, and drops a
        // connection that was reset before. That is no fault of the listener,
        // and no caller can use it: go on to the next.
        if (!isError(error, "NotConnected")) throw error;
      } finally {
        this.#accepting = undefined;
      }
    }
  }

  close(): Promise<void> {
    // The program must not end before the address is free, if a caller waits for it.
    if (this.#accepting !== undefined) this.#listener.ref();
    this.#listener.close();
    return this.#accepting === undefined
      ? Promise.resolve()
      : ENDING.add([this.#accepting]);
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

/** Calls `listen`, also for an address that one of our own listeners may still hold. */
export function listenWhenFree<L>(listen: () => L): Promise<L> {
  return ENDING.open(listen);
}
