import { socketError } from "../errors/mod.ts";
import {
  afterTurn,
  type Call,
  CallQueue,
  checkWait,
  type QueueOwner,
  rejectFairly,
  Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { closeNow } from "./_close.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI } from "./constants.ts";
import { POLLRDHUP } from "./_poll_now.ts";
import { type Reactor, theReactor, type Watched } from "./_reactor.ts";

const TO_RECEIVE = POLLIN | POLLPRI | POLLRDHUP | POLLERR | POLLHUP;
const TO_END = POLLRDHUP | POLLERR | POLLHUP;
const TO_SEND = POLLOUT | POLLERR | POLLHUP;

/** How often a call is tried that nothing else wakes, in milliseconds. */
const PACE = 5;

/** Which half of a socket a call uses. */
export type Side = "receiving" | "sending";

/** What a call of C is called in messages, and how it ends if it is cancelled. */
export interface CallContext<T> {
  /** What could not be done: `receive`. */
  readonly action: string;
  /** The C call. */
  readonly syscall: string;
  /** Returns what is done already; undefined for nothing. */
  readonly partial?: (() => T | undefined) | undefined;
  /**
   * Whether it sends to a local socket whose queue may be full: the kernel does
   * not report when there is room, so that a timer tries again.
   */
  readonly isPaced?: boolean | undefined;
}

/** A call that waits for one side of a descriptor. */
class DescriptorCall<T> implements Call<T> {
  readonly attempt: () => T | undefined;
  readonly isPaced: boolean;
  readonly #context: CallContext<T>;

  constructor(attempt: () => T | undefined, context: CallContext<T>) {
    this.attempt = attempt;
    this.isPaced = context.isPaced ?? false;
    this.#context = context;
  }

  timeoutError(): Error {
    return errorOf("ETIMEDOUT", this.#context);
  }

  closedError(): Error {
    return errorOf("EBADF", this.#context);
  }

  partial(): T | undefined {
    return this.#context.partial?.();
  }
}

/** An error of a call that has not reached libc. */
export function errorOf(
  code: string,
  { action, syscall }: { readonly action: string; readonly syscall: string },
): Error {
  return socketError(code, { action, syscall });
}

/** One that is told of events without having a turn: C's `poll`. */
export interface Observer {
  /** What it asks for: bits of `poll.h`. */
  readonly events: number;
  /** There may be something of that, or an error, or the end. */
  onEvents(): void;
  /** The descriptor is closed; nothing follows. */
  onClose(reason: Error): void;
}

/** A descriptor that belongs to us, and the calls that wait for it. */
export class Descriptor implements Watched, QueueOwner {
  /** The number; -1 once it is closed. */
  fd: number;
  /** Whether it may linger when it is closed, as connections may. */
  mayLinger = true;
  /** For how long a call tries again and again before it waits, in microseconds. */
  spin = 0;
  readonly #receiving = new CallQueue<DescriptorCall<unknown>>(this);
  readonly #sending = new CallQueue<DescriptorCall<unknown>>(this);
  readonly #observers = new Set<Observer>();
  readonly #home: Reactor | undefined;
  /** The reactor that watches it, after the first wait. */
  #reactor: Reactor | undefined;
  #id = 0;
  #isRef = true;
  /** Whether the reactor is kept waiting for it. */
  #isWaiting = false;
  #isDrained = false;
  /** Whether the end was reported, which no event follows. */
  #isEnding = false;
  /** Whether there may be urgent data, which splits what is received at a time. */
  #isUrgent = false;
  #stopPacer: (() => void) | undefined;
  #timers: Timers | undefined;

  /** `reactor` defaults to that of the program. */
  constructor(fd: number, reactor?: Reactor) {
    this.fd = fd;
    this.#home = reactor;
  }

  #queueOf(side: Side): CallQueue<DescriptorCall<unknown>> {
    return side === "receiving" ? this.#receiving : this.#sending;
  }

  /**
   * Does what `attempt` does, now or as soon as the socket lets it: it returns
   * undefined as long as it would have to wait.
   */
  perform<T>(
    side: Side,
    attempt: () => T | undefined,
    options: WaitOptions | undefined,
    context: CallContext<T>,
  ): Promise<T> {
    const queue = this.#queueOf(side);
    try {
      const wait = checkWait(options);
      if (this.fd === -1) throw errorOf("EBADF", context);
      // Events that would report more may come too late.
      if (!this.#isRef || wait?.timeout === 0) this.#isDrained = false;
      const isSpinning = this.spin > 0 && queue.isEmpty;
      const body = isSpinning ? this.#spinning(attempt) : attempt;
      return queue.call(new DescriptorCall(body, context), wait);
    } catch (error) {
      return rejectFairly(error);
    }
  }

  /** An attempt that goes on for a while, the first time. */
  #spinning<T>(attempt: () => T | undefined): () => T | undefined {
    let end: number | undefined;
    return () => {
      this.#isDrained = false;
      let result = attempt();
      if (end !== undefined) return result;
      end = performance.now() + this.spin / 1000;
      while (result === undefined && performance.now() < end) {
        result = attempt();
      }
      return result;
    };
  }

  /**
   * Tries the waiting calls again after the event loop has had its turn: for an
   * attempt that returns undefined although it could go on.
   */
  continueLater(side: Side): void {
    afterTurn(() => this.#run(this.#queueOf(side)));
  }

  /** Whether waiting calls keep the program alive. */
  get isRef(): boolean {
    return this.#isRef;
  }

  /** The timers of its calls, which keep the program alive only while they may. */
  get timers(): Timers {
    if (this.#timers === undefined) {
      this.#timers = new Timers();
      if (!this.#isRef) this.#timers.unref();
    }
    return this.#timers;
  }

  /** Whether calls wait on a side: one that does not wait must not overtake them. */
  isBusy(side: Side): boolean {
    return !this.#queueOf(side).isEmpty;
  }

  /** For the queues: the call at a head has to wait. */
  onWaiting(): void {
    this.#watch();
    this.#update();
    if (!this.#sending.first?.isPaced) return;
    this.#stopPacer ??= this.timers.start(() => {
      this.#stopPacer = undefined;
      this.#run(this.#sending);
    }, PACE);
  }

  #run(queue: CallQueue<DescriptorCall<unknown>>): void {
    if (queue.first === undefined) return;
    queue.run();
    if (queue.first === undefined) this.onIdle();
  }

  /** For the queues: no call of one waits any more. */
  onIdle(): void {
    this.#update();
    if (this.#sending.first !== undefined) return;
    this.#stopPacer?.();
    this.#stopPacer = undefined;
  }

  #watch(): void {
    if (this.#reactor !== undefined) return;
    const reactor = this.#home ?? theReactor();
    this.#id = reactor.watch(this.fd, this);
    this.#reactor = reactor;
  }

  /** Has the reactor wait for what calls and observers wait for. */
  #update(): void {
    const reactor = this.#reactor;
    if (reactor === undefined) return;
    const receiving = this.#receiving.first;
    const sending = this.#sending.first;
    const isWaiting = receiving !== undefined || sending !== undefined ||
      this.#observers.size > 0;
    let events = receiving === undefined ? 0 : POLLIN;
    if (sending !== undefined && !sending.isPaced) events |= POLLOUT;
    if (this.#observers.size > 0) {
      for (const { events: also } of this.#observers) events |= also | POLLERR;
    }
    if (this.fd !== -1) reactor.want(this.#id, events);
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    if (isWaiting) reactor.retain(this.#isRef);
    else reactor.release(this.#isRef);
  }

  /** Whether there is nothing to receive before the next event (epoll(7), question 9). */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Takes note that less was received than there was room for. */
  drained(): void {
    this.#isDrained = this.#reactor !== undefined && !this.#isEnding &&
      !this.#isUrgent;
  }

  /** Takes note that there may be something in spite of {@linkcode drained}. */
  undrained(): void {
    this.#isDrained = false;
  }

  /** Takes note of urgent data: to receive less does not mean that it is all. */
  expectUrgent(): void {
    this.#isUrgent = true;
    this.#isDrained = false;
  }

  /** Reports events to an observer, until the function returned is called. */
  observe(observer: Observer): () => void {
    if (this.fd === -1) {
      throw errorOf("EBADF", { action: "poll", syscall: "poll" });
    }
    this.#watch();
    this.#observers.add(observer);
    this.#update();
    return () => {
      if (this.#observers.delete(observer)) this.#update();
    };
  }

  onEvents(events: number): void {
    this.#isDrained = false;
    if ((events & TO_END) !== 0) this.#isEnding = true;
    if ((events & POLLPRI) !== 0) this.#isUrgent = true;
    if (this.#observers.size > 0) {
      for (const observer of this.#observers) {
        if ((events & (observer.events | TO_END)) !== 0) observer.onEvents();
      }
    }
    if ((events & TO_RECEIVE) !== 0) this.#run(this.#receiving);
    const isForSending = (events & TO_SEND) !== 0;
    if (isForSending && !this.#sending.first?.isPaced) this.#run(this.#sending);
  }

  /** Whether calls that wait keep the program alive. */
  setRef(isRef: boolean): void {
    if (isRef === this.#isRef) return;
    this.#isRef = isRef;
    if (isRef) this.#timers?.ref();
    else this.#timers?.unref();
    if (!this.#isWaiting) return;
    this.#reactor!.retain(isRef);
    this.#reactor!.release(!isRef);
  }

  /** Closes it; what waits fails. A second call does nothing. */
  close(): void {
    const { fd } = this;
    if (fd === -1) return;
    this.fd = -1;
    this.#reactor?.unwatch(this.#id, fd);
    // No other socket can have the number before the last call has left.
    closeNow(fd, this.mayLinger);
    this.#receiving.close();
    this.#sending.close();
    const observers = [...this.#observers];
    this.#observers.clear();
    this.onIdle();
    for (const observer of observers) {
      observer.onClose(errorOf("EBADF", { action: "poll", syscall: "poll" }));
    }
  }

  /** Resolves when the thread has taken note of what was closed. */
  async quiet(): Promise<void> {
    await this.#reactor?.quiet();
  }
}
