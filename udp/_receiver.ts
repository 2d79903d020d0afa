import {
  arm,
  checkWait,
  isLoopStarved,
  rejectTraced,
  resolveFairly,
  type Timers,
  type Wait,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { DatagramQueue, type QueueLimits } from "./_datagram_queue.ts";
import type { DatagramTransport, RawDatagram } from "./_transport.ts";

/** For how many turns of the microtask queue a batch waits for one more datagram. */
const PATIENCE = 8;

/** After how many datagrams that were there already the event loop is looked at. */
const STREAK = 32;

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
  resolve: (failure: Promise<never>) => void;
  reject: (error: unknown) => void;
}

/** One who waits for what `take` makes of a datagram. */
function waiterOf<T>(
  take: (datagram: RawDatagram) => T,
  resolve: (result: T | Promise<never>) => void,
  reject: (error: unknown) => void,
): Waiter {
  return { deliver: (datagram) => resolve(take(datagram)), resolve, reject };
}

/**
 * The receiving half of a socket: hands datagrams to those who wait, in the order
 * of their calls. A receive that is given up takes no datagram with it; one that
 * had been begun for it is kept for the next.
 */
export class Receiver {
  /** How many datagrams of other peers have been ignored. */
  strangers = 0;
  #received = 0;
  readonly #transport: DatagramTransport;
  readonly #kept: DatagramQueue;
  readonly #waiting: Waiter[] = [];
  readonly #timers: Timers;
  #owner: ReceiveOwner;
  /** Whether pending calls are to keep the program alive. */
  #isRef = true;
  /** Whether a receive that is pending below keeps it alive. */
  #isHeld = true;
  #isReceiving = false;
  /** Whether that is for one who did not need to be put down as waiting. */
  #isAlone = false;
  /** How many datagrams were there already, one after another. */
  #streak = 0;
  #error: Error | undefined;

  constructor(
    transport: DatagramTransport,
    limits: QueueLimits,
    timers: Timers,
    owner: ReceiveOwner,
  ) {
    this.#transport = transport;
    this.#kept = new DatagramQueue(limits);
    this.#timers = timers;
    this.#owner = owner;
    transport.wants = this.#wants;
  }

  /** How many datagrams have been received, those that were dropped included. */
  get received(): number {
    return this.#received + this.#transport.dropped;
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
    let wait: Wait | undefined;
    try {
      wait = checkWait(options);
      if (this.#error !== undefined) throw this.#error;
      if (this.#waiting.length === 0) {
        const kept = this.#now();
        if (kept !== undefined) return this.#resolve(take(kept));
        if (!this.#isReceiving && wait === undefined) {
          return this.#receiveAlone(take);
        }
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const waiter = waiterOf(take, resolve, reject);
      this.#waiting.push(waiter);
      if (!this.#isHeld) this.#hold();
      if (wait !== undefined) this.#limit(waiter, wait);
      if (!this.#isReceiving) this.#pump();
    });
  }

  /** Resolves at once, or now and then after the event loop has had its turn. */
  #resolve<T>(result: T): Promise<T> {
    if (++this.#streak < STREAK) return Promise.resolve(result);
    this.#streak = 0;
    return resolveFairly(result);
  }

  /** What most receives are: nobody else waits, and nothing can end the wait. */
  #receiveAlone<T>(take: (datagram: RawDatagram) => T): Promise<T> {
    this.#isReceiving = this.#isAlone = true;
    if (!this.#isHeld) this.#hold();
    return this.#transport.receive<T | Promise<T>>((datagram) => {
      this.#isReceiving = this.#isAlone = false;
      if (this.#error !== undefined) return this.#rejectAll(this.#error);
      if (!this.#accepts(datagram)) return this.#waitFirst(take);
      try {
        return take(datagram);
      } catch (error) {
        this.#give(datagram);
        throw error;
      } finally {
        if (this.#waiting.length > 0) this.#pump();
      }
    }, (error) => {
      this.#isReceiving = this.#isAlone = false;
      if (this.#error !== undefined) return this.#rejectAll(this.#error);
      if (this.#waiting.length > 0) this.#pump();
      throw this.#owner.failure(error, "recvfrom");
    }) as Promise<T>;
  }

  /** Goes on waiting, in front of those who came later. */
  #waitFirst<T>(take: (datagram: RawDatagram) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.unshift(waiterOf(take, resolve, reject));
      this.#pump();
    });
  }

  #limit(waiter: Waiter, wait: Wait): void {
    const { deliver, resolve, reject } = waiter;
    const timeout = () => this.#owner.timeout("recvfrom");
    const disarm = arm(wait, timeout, (reason) => {
      this.#withdraw(waiter);
      rejectTraced({ resolve, reject }, reason);
    }, this.#timers);
    waiter.deliver = (datagram) => (disarm(), deliver(datagram));
    waiter.reject = (error) => (disarm(), reject(error));
  }

  /** Ends a wait; the receive below goes on, for the next call. */
  #withdraw(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#hold();
  }

  /** Lets pending calls keep the program alive, as they do from the start. */
  ref(): void {
    this.#isRef = true;
    this.#hold();
  }

  /** Lets the program end while calls are pending. */
  unref(): void {
    this.#isRef = false;
    this.#hold();
  }

  /** A receive below keeps the program alive only while a call waits for it. */
  #hold(): void {
    const isHeld = this.#isRef && (this.#isAlone || this.#waiting.length > 0);
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#transport.ref();
    else this.#transport.unref();
  }

  /** A datagram that can be had without waiting. */
  #now(): RawDatagram | undefined {
    for (;;) {
      const datagram = this.#kept.shift() ??
        (this.#isReceiving ? undefined : this.#transport.receiveNow());
      if (datagram === undefined || this.#accepts(datagram)) return datagram;
    }
  }

  #accepts({ hostname, port }: RawDatagram): boolean {
    if (!this.#wants(hostname, port)) return false;
    this.#received++;
    return true;
  }

  readonly #wants = (hostname: string, port: number): boolean => {
    if (this.#owner.accepts(hostname, port)) return true;
    this.strangers++;
    return false;
  };

  /** Begins a receive below, for the first who waits. */
  #pump(): void {
    this.#isReceiving = true;
    this.#transport.receive(this.#onDatagram, this.#onFailed);
  }

  readonly #onDatagram = (datagram: RawDatagram): void => {
    this.#isReceiving = false;
    if (this.#error !== undefined) return;
    // Whoever asks next may have another peer by then.
    if (this.#waiting.length === 0) this.#keep(datagram);
    else if (this.#accepts(datagram)) this.#give(datagram);
    if (this.#waiting.length > 0) this.#pump();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#isReceiving = false;
    if (this.#error !== undefined) return;
    this.#waiting.shift()?.reject(this.#owner.failure(error, "recvfrom"));
    if (this.#waiting.length > 0) this.#pump();
  };

  /** Gives it to the first who can take it, or keeps it. */
  #give(datagram: RawDatagram): void {
    for (;;) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) break;
      try {
        return waiter.deliver(datagram);
      } catch (error) { // its buffer was transferred away meanwhile
        waiter.reject(error);
      }
    }
    this.#received--; // not yet
    this.#keep(datagram);
  }

  #keep(datagram: RawDatagram): void {
    // A copy: the slice of a Buffer would be a view.
    this.#kept.push({ ...datagram, bytes: new Uint8Array(datagram.bytes) });
  }

  /**
   * Delivers what is there beyond the first datagram of a batch, at most `most`.
   * Where the transport cannot tell at once, it is given a few turns of the
   * microtask queue for each.
   */
  async drain(
    most: number,
    take: (datagram: RawDatagram) => void,
  ): Promise<void> {
    for (; most > 0; most--) {
      if (this.#error !== undefined || this.#isBusy) return;
      const datagram = this.#now();
      if (datagram === undefined) break;
      take(datagram);
      if (isLoopStarved()) return; // the rest is for the next batch
    }
    if (most === 0 || this.#transport.backend !== "deno") return;
    let patience = PATIENCE;
    const waiter: Waiter = {
      deliver: (datagram) => {
        patience = PATIENCE;
        // First in line again, as long as the batch has room.
        if (--most > 0) this.#waiting.unshift(waiter);
        take(datagram);
      },
      resolve: () => {},
      reject: () => {
        most = 0;
      },
    };
    this.#waiting.push(waiter);
    this.#hold();
    this.#pump();
    while (most > 0 && patience-- > 0) await undefined;
    this.#withdraw(waiter);
  }

  /** Whether others wait, or a receive goes on below. */
  get #isBusy(): boolean {
    return this.#waiting.length > 0 || this.#isReceiving;
  }

  /** Another socket object takes over, such as a connected one. */
  set owner(owner: ReceiveOwner) {
    this.#owner = owner;
  }

  /** Rejects what waits and every later receive. */
  close(error: Error): void {
    this.#error = error;
    this.#kept.clear();
    // Who receives alone hears of it from below, and then the others do.
    if (!this.#isAlone) this.#rejectWaiting(error);
  }

  #rejectWaiting(error: Error): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  #rejectAll(error: Error): never {
    this.#rejectWaiting(error);
    throw error;
  }
}
