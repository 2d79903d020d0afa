import { socketError } from "../errors/mod.ts";
import {
  afterTurn,
  checkWait,
  rejectFairly,
  resolveFairly,
  Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { closeNow } from "./_close.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI } from "./constants.ts";
import { POLLRDHUP } from "./_poll_now.ts";
import { type Reactor, theReactor, type Watched } from "./_reactor.ts";
import { WaitQueue } from "./_wait_queue.ts";

const TO_RECEIVE = POLLIN | POLLPRI | POLLRDHUP | POLLERR | POLLHUP;
const TO_END = POLLRDHUP | POLLERR | POLLHUP;
const TO_SEND = POLLOUT | POLLERR | POLLHUP;

/** How often a call is tried that nothing else wakes, in milliseconds. */
const PACE = 5;

/** Which half of a socket a call uses. */
export type Side = "receiving" | "sending";

/** How a call reads in messages, and what is done when it is given up. */
export interface Call<T> {
  /** What could not be done: `receive`. */
  readonly action: string;
  /** The C call. */
  readonly syscall: string;
  /** What is done already when it is given up; undefined for nothing. */
  readonly partial?: (() => T | undefined) | undefined;
  /**
   * Whether it sends to a local socket whose queue may be full, as the kernel does
   * not tell when there is room, or wakes who tries again and again.
   */
  readonly isPaced?: boolean | undefined;
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
export class Descriptor implements Watched {
  /** The number; -1 once it is closed. */
  fd: number;
  /** Whether it may linger when it is closed, as connections may. */
  mayLinger = true;
  /** For how long a call tries again and again before it waits, in microseconds. */
  spin = 0;
  readonly #receiving: WaitQueue;
  readonly #sending: WaitQueue;
  readonly #observers = new Set<Observer>();
  readonly #home: Reactor | undefined;
  /** The reactor that watches it, once somebody waits. */
  #reactor: Reactor | undefined;
  #id = 0;
  #isRef = true;
  /** Whether all that there was has been received, so that news will be told. */
  #isDrained = false;
  /** Whether the end has been told, which nothing follows. */
  #isEnding = false;
  /** Whether there may be urgent data, which splits what is received at a time. */
  #isUrgent = false;
  #pacer: ReturnType<typeof setInterval> | undefined;
  #timers: Timers | undefined;

  /** `reactor` is that of the program, if left out. */
  constructor(fd: number, reactor?: Reactor) {
    this.fd = fd;
    this.#home = reactor;
    const onChange = (change: 1 | -1) => this.#onChange(change);
    this.#receiving = new WaitQueue(onChange);
    this.#sending = new WaitQueue(onChange);
  }

  /** The error of a call after `close`. */
  closedError(action: string, syscall: string): Error {
    return socketError("EBADF", { action, syscall });
  }

  /**
   * Does what `attempt` does, now or as soon as the socket lets it: it returns
   * undefined as long as it would have to wait.
   */
  perform<T>(
    side: Side,
    attempt: () => T | undefined,
    options: WaitOptions | undefined,
    call: Call<T>,
  ): Promise<T> {
    const { action, syscall } = call;
    try {
      const limits = checkWait(options);
      if (this.fd === -1) throw this.closedError(action, syscall);
      const queue = side === "receiving" ? this.#receiving : this.#sending;
      const isVain = this.#isDrained && side === "receiving" &&
        this.spin === 0 && this.#isRef && limits?.timeout !== 0;
      if (queue.length === 0 && !isVain) {
        const result = attempt() ?? this.#spin(attempt);
        if (result !== undefined) return resolveFairly(result);
      }
      this.#watch();
      const timeout = () => socketError("ETIMEDOUT", { action, syscall });
      const closed = () => this.closedError(action, syscall);
      const { partial, isPaced } = call;
      const waiting = queue.wait(attempt, limits, {
        timeout,
        closed,
        partial,
        isPaced,
        timers: () => this.timers,
      });
      if (isPaced) this.#startPacer();
      return waiting;
    } catch (error) {
      return rejectFairly(error);
    }
  }

  /**
   * Tries the waiting calls again when the event loop has had its turn: for an
   * attempt that returns undefined although it could go on.
   */
  continueLater(side: Side): void {
    const queue = side === "receiving" ? this.#receiving : this.#sending;
    afterTurn(() => queue.run());
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

  #startPacer(): void {
    this.#pacer ??= setInterval(() => {
      if (this.#sending.isPaced) this.#sending.run();
    }, PACE);
    if (!this.#isRef) Deno.unrefTimer(this.#pacer);
  }

  #spin<T>(attempt: () => T | undefined): T | undefined {
    if (this.spin === 0) return undefined;
    const end = performance.now() + this.spin / 1000;
    do {
      const result = attempt();
      if (result !== undefined) return result;
    } while (performance.now() < end);
    return undefined;
  }

  /** Whether others wait on a side: who does not wait must not overtake them. */
  isBusy(side: Side): boolean {
    return (side === "receiving" ? this.#receiving : this.#sending).length > 0;
  }

  #watch(): void {
    if (this.#reactor !== undefined) return;
    const reactor = this.#home ?? theReactor();
    this.#id = reactor.watch(this.fd, this);
    this.#reactor = reactor;
  }

  #onChange(change: 1 | -1): void {
    if (this.#pacer !== undefined && this.#sending.length === 0) {
      clearInterval(this.#pacer);
      this.#pacer = undefined;
    }
    const reactor = this.#reactor!;
    const isSending = this.#sending.length > 0 && !this.#sending.isPaced;
    let events = (this.#receiving.length > 0 ? POLLIN : 0) |
      (isSending ? POLLOUT : 0);
    for (const observer of this.#observers) events |= observer.events | POLLERR;
    if (this.fd !== -1) reactor.want(this.#id, events);
    if (change === 1) reactor.retain(this.#isRef);
    else reactor.release(this.#isRef);
  }

  /**
   * Takes note that less was received than there was room for: until the next
   * event there is nothing, and the next call need not ask (epoll(7), question 9).
   */
  drained(): void {
    this.#isDrained = this.#reactor !== undefined && !this.#isEnding &&
      !this.#isUrgent;
  }

  /** Takes note of urgent data: to receive less does not mean that it is all. */
  expectUrgent(): void {
    this.#isUrgent = true;
    this.#isDrained = false;
  }

  /** Tells somebody of events, until what is returned is called. */
  observe(observer: Observer): () => void {
    if (this.fd === -1) throw this.closedError("poll", "poll");
    this.#watch();
    this.#observers.add(observer);
    this.#onChange(1);
    return () => {
      if (this.#observers.delete(observer)) this.#onChange(-1);
    };
  }

  onEvents(events: number): void {
    this.#isDrained = false;
    if ((events & TO_END) !== 0) this.#isEnding = true;
    if ((events & POLLPRI) !== 0) this.#isUrgent = true;
    for (const observer of this.#observers) observer.onEvents();
    if ((events & TO_RECEIVE) !== 0) this.#receiving.run();
    const isForSending = (events & TO_SEND) !== 0;
    if (isForSending && !this.#sending.isPaced) this.#sending.run();
  }

  /** Whether calls that wait keep the program alive. */
  setRef(isRef: boolean): void {
    if (isRef === this.#isRef) return;
    this.#isRef = isRef;
    if (isRef) this.#timers?.ref();
    else this.#timers?.unref();
    if (this.#pacer !== undefined) {
      if (isRef) Deno.refTimer(this.#pacer);
      else Deno.unrefTimer(this.#pacer);
    }
    const waiting = this.#receiving.length + this.#sending.length +
      this.#observers.size;
    for (let i = 0; i < waiting; i++) {
      this.#reactor!.retain(isRef);
      this.#reactor!.release(!isRef);
    }
  }

  /** Closes it; what waits fails. A second call does nothing. */
  close(): void {
    const { fd } = this;
    if (fd === -1) return;
    this.fd = -1;
    this.#reactor?.unwatch(this.#id, fd);
    // Nobody can be given the number before the last who waited for it has left.
    closeNow(fd, this.mayLinger);
    this.#failAll();
  }

  #failAll(): void {
    this.#receiving.close();
    this.#sending.close();
    for (const observer of this.#observers) {
      this.#observers.delete(observer);
      this.#onChange(-1);
      observer.onClose(this.closedError("poll", "poll"));
    }
  }

  /** Resolves when the thread has taken note of what was closed. */
  async quiet(): Promise<void> {
    await this.#reactor?.quiet();
  }
}
