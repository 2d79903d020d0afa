import type { NetAddr } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";
import {
  type Call,
  CallQueue,
  checkWait,
  isLoopStarved,
  type Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import type {
  DatagramSink,
  DatagramTransport,
  RawDatagram,
} from "./_transport.ts";

/** For how many turns of the microtask queue a batch waits for one more datagram. */
const PATIENCE = 8;

/** What the receiver needs of the socket above. */
export interface ReceiveOwner {
  /** Makes our error of the runtime's. */
  failure(error: unknown, syscall: string): Error;
  /** Makes the error of a call. */
  error(code: string, syscall: string): Error;
  /** Whether a datagram from there is to be delivered. */
  accepts(hostname: string, port: number): boolean;
}

/** A receive, which waits for a datagram. It may be made again and again. */
export abstract class ReceiveCall<T> implements Call<T> {
  /** The receiver of its socket. */
  protected readonly receiver: Receiver;

  constructor(receiver: Receiver) {
    this.receiver = receiver;
  }

  /** Makes the result of a datagram, whose bytes are valid only during the call. */
  abstract take(datagram: RawDatagram): T;

  attempt(): T | undefined {
    return this.receiver.deliver(this);
  }

  timeoutError(): Error {
    return this.receiver.owner.error("ETIMEDOUT", "recvfrom");
  }
}

/**
 * The receiving half of a socket: a queue of receives. A receive takes a whole
 * datagram or none. If one that began a receive below is cancelled, the datagram
 * is kept for the next.
 */
export class Receiver implements DatagramSink {
  /** How many datagrams of other peers have been ignored. */
  strangers = 0;
  /** The socket above; another one may take over. */
  owner!: ReceiveOwner;
  #taken = 0;
  readonly #transport: DatagramTransport;
  readonly #calls: CallQueue<Call<unknown>>;
  /** Whether pending calls are to keep the program alive. */
  #isRef = true;
  /** Whether a receive that is pending below keeps it alive. */
  #isHeld = true;
  #isReceiving = false;
  /** The datagram that has arrived, until a call takes it. Nothing else is received before. */
  #next: RawDatagram | undefined;
  /** Why the receive below failed, until a call throws it. */
  #failure: Error | undefined;
  #closed: Error | undefined;
  /** The last sender as the runtime writes it, and its address as users see it. */
  #lastSender = "";
  #lastAddress: NetAddr = { transport: "udp", hostname: "", port: -1 };

  constructor(transport: DatagramTransport, timers: Timers) {
    this.#transport = transport;
    this.#calls = new CallQueue({
      timers,
      isFair: transport.can.isFair,
      onWaiting: () => this.#begin(),
      onIdle: () => this.#hold(),
    });
    transport.sink = this;
  }

  /** How many datagrams have been received, including the dropped ones. */
  get received(): number {
    return this.#taken + this.#transport.dropped;
  }

  /** Whether no call is pending. */
  get isIdle(): boolean {
    return this.#calls.isEmpty;
  }

  /** Returns where a datagram came from: the same object for the same sender. */
  senderOf({ hostname, port }: RawDatagram): NetAddr {
    if (this.#lastAddress.port === port && this.#lastSender === hostname) {
      return this.#lastAddress;
    }
    this.#lastSender = hostname;
    const shown = unmapped(hostname);
    return this.#lastAddress = { transport: "udp", hostname: shown, port };
  }

  /** Waits for a datagram, and delivers it in one step. */
  receive<T>(
    options: WaitOptions | undefined,
    call: ReceiveCall<T>,
  ): Promise<Awaited<T>> {
    try {
      const wait = checkWait(options);
      if (this.#closed !== undefined) throw this.#closed;
      return this.#calls.call(call, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Delivers the datagrams that have arrived to a batch, until it has `most`. Where
   * the transport does not know what has arrived, it gets a few turns of the microtask
   * queue for each.
   */
  async drain<T>(
    most: number,
    call: ReceiveCall<T>,
    batch: T[],
  ): Promise<void> {
    if (batch.length === most || !this.#calls.isEmpty) return;
    const patience = this.#transport.can.isFair ? PATIENCE : 0;
    let turns = patience;
    const rest: Call<true> = {
      attempt: () => {
        while (batch.length < most) {
          const result = call.attempt();
          if (result === undefined) break;
          batch.push(result);
          turns = patience;
          if (isLoopStarved()) return true; // the others are for the next batch
        }
        return batch.length === most || turns === 0 ? true : undefined;
      },
      timeoutError: () => call.timeoutError(),
    };
    const done = this.#calls.call(rest, undefined).catch((error) => {
      this.#failure = error; // for the next receive: it is reported only once
    });
    while (this.#calls.first === rest && turns-- > 0) await undefined;
    turns = 0;
    this.#calls.run();
    await done;
    this.#hold();
  }

  /** Delivers the next datagram, if it has arrived; it stays if the call fails. */
  deliver<T>(call: ReceiveCall<T>): T | undefined {
    const datagram = this.#arrived();
    if (datagram === undefined) return undefined;
    const result = call.take(datagram);
    this.#next = undefined;
    this.#taken++;
    return result;
  }

  #arrived(): RawDatagram | undefined {
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    while (true) {
      if (this.#next === undefined && !this.#isReceiving) {
        try {
          this.#next = this.#transport.receiveNow();
        } catch (error) {
          throw this.owner.failure(error, "recvfrom");
        }
      }
      const next = this.#next;
      if (next === undefined || this.wants(next.hostname, next.port)) {
        return next;
      }
      this.#next = undefined;
    }
  }

  /** Whether a datagram from there is delivered; counts it if not. */
  wants(hostname: string, port: number): boolean {
    if (this.owner.accepts(hostname, port)) return true;
    this.strangers++;
    return false;
  }

  /** Begins a receive below, for the first call. */
  #begin(): void {
    if (!this.#isHeld) this.#hold();
    if (this.#isReceiving) return;
    this.#isReceiving = true;
    this.#transport.receive();
  }

  /** The receive below has ended. */
  onDatagram(datagram: RawDatagram): void {
    this.#isReceiving = false;
    if (this.#closed !== undefined) return;
    this.#next = datagram;
    this.#calls.run();
    const left = this.#next;
    if (left === undefined || !this.#calls.isEmpty) return;
    // It may be kept for long, in memory that is larger than it.
    this.#next = { ...left, bytes: new Uint8Array(left.bytes) };
  }

  /** The receive below has failed; so does the call that waits. */
  onFailed(error: unknown): void {
    this.#isReceiving = false;
    if (this.#closed !== undefined || this.#calls.isEmpty) return;
    this.#failure = this.owner.failure(error, "recvfrom");
    this.#calls.run();
  }

  /** Lets pending calls keep the program alive, or lets it end. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#hold();
  }

  /** A receive below keeps the program alive only while a call waits for it. */
  #hold(): void {
    const isHeld = this.#isRef && !this.#calls.isEmpty;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#transport.ref();
    else this.#transport.unref();
  }

  /** Rejects the calls that wait and every later one. */
  close(error: Error): void {
    this.#closed = error;
    this.#next = undefined;
    this.#calls.close(error);
  }
}
