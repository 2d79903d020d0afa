import { Timers } from "../internal/wait/mod.ts";
import { POLLERR, POLLHUP, POLLPRI } from "./constants.ts";
import { type CallName, errorOf } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { IS_LINUX, SOL_SOCKET } from "./_platform.ts";
import { POLLRDHUP } from "./_poll_now.ts";
import { type Reactor, theReactor, type Watched } from "./_reactor.ts";

const TO_END = POLLRDHUP | POLLERR | POLLHUP;

const POLL: CallName = { action: "poll", syscall: "poll" };

/** Waits for events of a descriptor. */
export interface Observer {
  /** What it asks for: bits of `poll.h`. */
  readonly events: number;
  /** There may be something of that, or urgent data, an error, or the end. */
  onEvents(): void;
  /** The descriptor is closed; nothing follows. */
  onClose(reason: Error): void;
}

/** A descriptor that belongs to us, and its events. */
export class Descriptor implements Watched {
  /** The number; -1 once it is closed. */
  fd: number;
  /** For how long a call tries again and again before it waits, in microseconds. */
  spin = 0;
  /**
   * Whether there is nothing to receive before the next event (epoll(7), question 9).
   * Setting it to false is always right.
   */
  isDrained = false;
  readonly #observers = new Set<Observer>();
  /** The reactor that watches it, by this id after the first wait. */
  #reactor: Reactor | undefined;
  #id = 0;
  #isRef = true;
  /** Whether the reactor is kept waiting for it. */
  #isWaiting = false;
  /** Whether the end was reported, which no event follows. */
  #isEnding = false;
  /** Whether there may be urgent data, which splits what is received at a time. */
  #isUrgent = false;
  #timers: Timers | undefined;

  /** `reactor` defaults to that of the program. */
  constructor(fd: number, reactor?: Reactor) {
    this.fd = fd;
    this.#reactor = reactor;
  }

  /**
   * Returns the number.
   *
   * @throws {ClosedError} When it is closed.
   */
  open(call: CallName): number {
    if (this.fd === -1) throw errorOf("EBADF", call);
    return this.fd;
  }

  /** Reports events to an observer, until `unobserve`. */
  observe(observer: Observer): void {
    this.open(POLL);
    this.#reactor ??= theReactor();
    if (this.#id === 0) this.#id = this.#reactor.watch(this.fd, this);
    this.#observers.add(observer);
    this.#update();
  }

  /** Reports no more events to an observer. */
  unobserve(observer: Observer): void {
    if (this.#observers.delete(observer)) this.#update();
  }

  /** Has the reactor wait for what the observers ask for. */
  #update(): void {
    const reactor = this.#reactor;
    if (reactor === undefined) return;
    let asked = 0;
    for (const { events } of this.#observers) asked |= events | POLLERR;
    if (this.fd !== -1) reactor.want(this.#id, asked);
    const isWaiting = asked !== 0;
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    reactor.count(this.#isRef, isWaiting ? 1 : -1);
  }

  onEvents(events: number): void {
    this.isDrained = false;
    if ((events & TO_END) !== 0) this.#isEnding = true;
    if ((events & POLLPRI) !== 0) this.#isUrgent = true;
    for (const observer of this.#observers) {
      const wanted = observer.events | TO_END | POLLPRI;
      if ((events & wanted) !== 0) observer.onEvents();
    }
  }

  /** Takes note that less was received than there was room for. */
  drained(): void {
    this.isDrained = this.#id !== 0 && !this.#isEnding &&
      !this.#isUrgent;
  }

  /** Takes note of urgent data: to receive less does not mean that it is all. */
  expectUrgent(): void {
    this.#isUrgent = true;
    this.isDrained = false;
  }

  /** The timers of its calls, which keep the program alive only while they may. */
  get timers(): Timers {
    if (this.#timers === undefined) {
      this.#timers = new Timers();
      if (!this.#isRef) this.#timers.unref();
    }
    return this.#timers;
  }

  /** Whether waiting calls keep the program alive. */
  get isRef(): boolean {
    return this.#isRef;
  }

  set isRef(isRef: boolean) {
    if (isRef === this.#isRef) return;
    this.#isRef = isRef;
    if (isRef) this.#timers?.ref();
    else this.#timers?.unref();
    if (!this.#isWaiting) return;
    this.#reactor!.count(isRef, 1);
    this.#reactor!.count(!isRef, -1);
  }

  /** Closes it, and tells the observers. A second call does nothing. */
  close(mayLinger = true): void {
    const { fd } = this;
    if (fd === -1) return;
    this.fd = -1;
    this.isDrained = false;
    if (this.#id !== 0) this.#reactor!.unwatch(this.#id, fd);
    // No other socket can have the number before the last call has left.
    closeNow(fd, mayLinger);
    const observers = [...this.#observers];
    this.#observers.clear();
    this.#update();
    for (const observer of observers) observer.onClose(errorOf("EBADF", POLL));
  }

  /** Resolves when the thread has taken note of what was closed. */
  async quiet(): Promise<void> {
    await this.#reactor?.quiet();
  }
}

const SO_LINGER = 13;
/** `struct linger`: whether, and for how many seconds. */
const linger = new Int32Array(2);
const length = new Uint32Array(1);

/**
 * C's `close`, which must not wait. On Linux it would with a time in SO_LINGER, even
 * where calls do not block, though it is only a wait: the kernel goes on sending
 * afterwards, as it does without one.
 */
function closeNow(fd: number, mayLinger: boolean): void {
  const { close, getsockopt, setsockopt } = loadLibc();
  if (mayLinger && IS_LINUX) {
    length[0] = linger.byteLength;
    const result = getsockopt(fd, SOL_SOCKET, SO_LINGER, linger, length);
    if (result === 0 && linger[0] !== 0 && linger[1]! > 0) {
      linger[0] = 0;
      setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.byteLength);
    }
  }
  close(fd);
}
