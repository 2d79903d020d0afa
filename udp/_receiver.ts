import { arm, checkWait, isBounded, type WaitOptions } from "../wait/mod.ts";
import { DatagramQueue, type QueueLimits } from "./_datagram_queue.ts";
import type { DatagramTransport, RawDatagram } from "./_transport.ts";

/** What the receiver needs of the socket above. */
export interface ReceiveOwner {
  /** Makes our error of the runtime's. */
  failure(error: unknown, syscall: string): Error;
  /** The error of a receive that took too long. */
  timeout(syscall: string): Error;
  /** Whether a datagram from there is to be delivered. */
  accepts(hostname: string, port: number): boolean;
}

interface Waiter {
  deliver: (datagram: RawDatagram) => void;
  reject: (error: unknown) => void;
}

/**
 * The receiving half of a socket: hands datagrams to those who wait, in the order
 * of their calls. A receive that is given up takes no datagram with it; one that
 * had been begun for it is kept for the next.
 */
export class Receiver {
  /** How many datagrams have been delivered or kept. */
  received = 0;
  /** How many datagrams of other peers have been ignored. */
  strangers = 0;
  readonly #transport: DatagramTransport;
  readonly #kept: DatagramQueue;
  readonly #waiting: Waiter[] = [];
  #owner: ReceiveOwner;
  #isReceiving = false;
  #error: Error | undefined;

  constructor(
    transport: DatagramTransport,
    limits: QueueLimits,
    owner: ReceiveOwner,
  ) {
    this.#transport = transport;
    this.#kept = new DatagramQueue(limits);
    this.#owner = owner;
  }

  /** How many datagrams were dropped for want of room. */
  get dropped(): number {
    return this.#kept.dropped + this.#transport.dropped;
  }

  /** Waits for a datagram, and delivers it by `take` in one step. */
  receive<T>(
    options: WaitOptions | undefined,
    take: (datagram: RawDatagram) => T,
  ): Promise<T> {
    try {
      checkWait(options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        deliver: (datagram) => resolve(take(datagram)),
        reject,
      };
      if (this.#waiting.length === 0) {
        const kept = this.#now();
        if (kept !== undefined) return waiter.deliver(kept);
      }
      this.#waiting.push(waiter);
      if (isBounded(options)) this.#limit(waiter, options!);
      if (!this.#isReceiving) this.#pump();
    });
  }

  #limit(waiter: Waiter, options: WaitOptions): void {
    const { deliver, reject } = waiter;
    const timeout = () => this.#owner.timeout("recvfrom");
    const disarm = arm(options, timeout, (reason) => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      reject(reason);
    });
    waiter.deliver = (datagram) => (disarm(), deliver(datagram));
    waiter.reject = (error) => (disarm(), reject(error));
  }

  /** A datagram that can be had without waiting. */
  #now(): RawDatagram | undefined {
    const kept = this.#kept.shift();
    if (kept !== undefined || this.#isReceiving) return kept;
    for (;;) {
      const datagram = this.#transport.receiveNow();
      if (datagram === undefined || this.#accepts(datagram)) return datagram;
    }
  }

  #accepts({ hostname, port }: RawDatagram): boolean {
    if (this.#owner.accepts(hostname, port)) {
      this.received++;
      return true;
    }
    this.strangers++;
    return false;
  }

  /** Begins a receive below. */
  #pump(): void {
    this.#isReceiving = true;
    this.#transport.receive().then(this.#onDatagram, this.#onFailed);
  }

  readonly #onDatagram = (datagram: RawDatagram): void => {
    this.#isReceiving = false;
    if (this.#error === undefined && this.#accepts(datagram)) {
      const waiter = this.#waiting.shift();
      if (waiter !== undefined) waiter.deliver(datagram);
      else this.#keep(datagram);
    }
    if (this.#waiting.length > 0) this.#pump();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#isReceiving = false;
    if (this.#error !== undefined) return;
    this.#waiting.shift()?.reject(this.#owner.failure(error, "recvfrom"));
    if (this.#waiting.length > 0) this.#pump();
  };

  #keep(datagram: RawDatagram): void {
    this.#kept.push({ ...datagram, bytes: datagram.bytes.slice() });
  }

  /**
   * Delivers what is there beyond the first datagram of a batch: looks a few
   * turns of the microtask queue ahead, and keeps what comes later.
   */
  async drain(
    most: number,
    take: (datagram: RawDatagram) => void,
  ): Promise<void> {
    let patience = 0;
    while (most > 0 && this.#error === undefined && patience < 8) {
      if (this.#waiting.length > 0) return;
      const datagram = this.#now();
      if (datagram !== undefined) {
        take(datagram);
        most--;
        patience = 0;
        continue;
      }
      if (this.#transport.backend !== "deno") return;
      if (!this.#isReceiving) this.#pump();
      patience++;
      await undefined;
    }
  }

  /** Another socket object takes over, such as a connected one. */
  set owner(owner: ReceiveOwner) {
    this.#owner = owner;
  }

  /** Rejects what waits and every later receive. */
  close(error: Error): void {
    this.#error = error;
    this.#kept.clear();
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }
}
