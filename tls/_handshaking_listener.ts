import type { NetAddr } from "../address/mod.ts";
import { makeError } from "../internal/runtime/mod.ts";
import { Timers } from "../internal/wait/mod.ts";
import type { ListenerTransport } from "../stream/_seam.ts";
import { PendingHandshake, type Shaken } from "./_pending_handshake.ts";
import { close } from "./_shake_hands.ts";
import type {
  Accepted,
  Handshake,
  TlsAcceptor,
  TlsBackend,
  TlsTransport,
} from "./_transport.ts";

/** How a listener shakes hands. */
export interface HandshakeLimits {
  /** The longest handshake, in milliseconds; 0 for no limit. */
  readonly timeout: number;
  /** The most connections between C's accept and ours. */
  readonly most: number;
  /** Called with the error of a handshake that failed. */
  onError(error: unknown): void;
}

/** A call of `accept` that waits. */
interface Waiter {
  resolve(transport: TlsTransport<NetAddr>): void;
  reject(error: unknown): void;
}

/**
 * A listener that hands out connections whose handshake is done, in the order in which
 * they are done. Handshakes go on beside each other, so that a slow one delays no other.
 *
 * It accepts only while a caller waits. So the connections whose handshake ends when
 * none does are at most those that were in their handshake then.
 */
export class HandshakingListener
  implements ListenerTransport<NetAddr, TlsTransport<NetAddr>> {
  readonly backend: TlsBackend;
  readonly #acceptor: TlsAcceptor;
  readonly #limits: HandshakeLimits;
  readonly #timers = new Timers();
  readonly #pending = new Set<PendingHandshake>();
  /** Their handshake is done, and no caller has taken them yet. */
  readonly #ready: Shaken[] = [];
  readonly #handshakes = new WeakMap<object, Handshake>();
  #waiter: Waiter | undefined;
  /** Why the acceptor failed while no caller waited. */
  #failure: { error: unknown } | undefined;
  #isAccepting = false;
  #isUnref = false;
  #isClosed = false;

  constructor(
    backend: TlsBackend,
    acceptor: TlsAcceptor,
    limits: HandshakeLimits,
  ) {
    this.backend = backend;
    this.#acceptor = acceptor;
    this.#limits = limits;
  }

  get addr(): NetAddr {
    return this.#acceptor.addr;
  }

  /** Returns the handshake of a transport that `accept` has handed out. */
  handshakeOf(transport: object): Handshake {
    return this.#handshakes.get(transport)!;
  }

  accept(): Promise<TlsTransport<NetAddr>> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#serve();
      this.#fill();
    });
  }

  /** Settles the pending call if a connection or a failure is there. */
  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const shaken = this.#ready.shift();
    const failure = this.#failure;
    if (shaken !== undefined) {
      const { transport, handshake } = shaken;
      this.#handshakes.set(transport, handshake);
      if (this.#isUnref) transport.ref();
      this.#waiter = undefined;
      waiter.resolve(transport);
    } else if (failure !== undefined) {
      this.#failure = this.#waiter = undefined;
      waiter.reject(failure.error);
    }
  }

  /** Accepts the next connection, if a caller waits and there is room for it. */
  #fill(): void {
    const count = this.#pending.size + this.#ready.length;
    const isFull = count >= this.#limits.most;
    if (this.#waiter === undefined || this.#isAccepting || isFull) return;
    this.#isAccepting = true;
    this.#acceptor.accept().then((accepted) => {
      this.#isAccepting = false;
      if (this.#isClosed) return accepted.close();
      void this.#shakeHands(accepted);
      this.#fill();
    }, (error) => {
      this.#isAccepting = false;
      this.#failure = { error };
      this.#serve();
    });
  }

  async #shakeHands(accepted: Accepted): Promise<void> {
    const pending = new PendingHandshake(accepted);
    if (this.#isUnref) pending.unref();
    this.#pending.add(pending);
    try {
      const shaken = await pending.run(this.#timers, this.#limits.timeout);
      if (this.#isClosed) return close(shaken.transport);
      this.#ready.push(shaken);
    } catch (error) {
      if (!this.#isClosed) this.#report(error);
    } finally {
      this.#pending.delete(pending);
    }
    this.#serve();
    this.#fill();
  }

  #report(error: unknown): void {
    try {
      this.#limits.onError(error);
    } catch (failure) {
      console.error(failure);
    }
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const pending of this.#pending) pending.end();
    for (const { transport } of this.#ready.splice(0)) {
      void close(transport);
    }
    const end = this.#acceptor.close();
    this.#waiter?.reject(makeError("BadResource", "The listener is closed"));
    this.#waiter = undefined;
    return end;
  }

  ref(): void {
    this.#isUnref = false;
    this.#timers.ref();
    this.#acceptor.ref();
    for (const pending of this.#pending) pending.ref();
  }

  unref(): void {
    this.#isUnref = true;
    this.#timers.unref();
    this.#acceptor.unref();
    for (const pending of this.#pending) pending.unref();
  }
}
