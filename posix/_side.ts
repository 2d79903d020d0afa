import {
  afterTurn,
  type Call,
  CallQueue,
  checkWait,
  type QueueOwner,
  rejectFairly,
  type Timers,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import type { Descriptor, Observer } from "./_descriptor.ts";
import { type CallName, errorOf } from "./_failure.ts";

/** How often a call is tried that nothing else wakes, in milliseconds. */
const PACE = 5;

/** What a call of C is called in messages, and how it ends if it is cancelled. */
export interface CallContext<T> extends CallName {
  /** Returns what is done already; undefined for nothing. */
  readonly partial?: (() => T | undefined) | undefined;
  /**
   * Whether it sends to a local socket whose queue may be full: the kernel does
   * not report when there is room, so that a timer tries again.
   */
  readonly isPaced?: boolean | undefined;
}

/** A call that waits for one side of a descriptor. */
class SideCall<T> implements Call<T> {
  readonly attempt: () => T | undefined;
  readonly context: CallContext<T>;

  constructor(attempt: () => T | undefined, context: CallContext<T>) {
    this.attempt = attempt;
    this.context = context;
  }

  timeoutError(): Error {
    return errorOf("ETIMEDOUT", this.context);
  }

  closedError(): Error {
    return errorOf("EBADF", this.context);
  }

  partial(): T | undefined {
    return this.context.partial?.();
  }
}

/** The receiving or the sending calls of a descriptor, in their order. */
export class Side implements QueueOwner, Observer {
  readonly #descriptor: Descriptor;
  readonly #events: number;
  readonly #calls = new CallQueue<SideCall<unknown>>(this);
  #stopPacer: (() => void) | undefined;

  /** `events` are those that say that a call may go on: POLLIN, or POLLOUT. */
  constructor(descriptor: Descriptor, events: number) {
    this.#descriptor = descriptor;
    this.#events = events;
  }

  /**
   * Does what `attempt` does, now or as soon as the socket lets it: it returns
   * undefined as long as it would have to wait.
   */
  perform<T>(
    attempt: () => T | undefined,
    options: WaitOptions | undefined,
    context: CallContext<T>,
  ): Promise<T> {
    const descriptor = this.#descriptor;
    try {
      const wait = checkWait(options);
      descriptor.open(context);
      // Events that would report more may come too late.
      if (!descriptor.isRef || wait?.timeout === 0) {
        descriptor.isDrained = false;
      }
      const isSpinning = descriptor.spin > 0 && !this.isBusy;
      const body = isSpinning ? this.#spinning(attempt) : attempt;
      return this.#calls.call(new SideCall(body, context), wait);
    } catch (error) {
      return rejectFairly(error);
    }
  }

  /** An attempt that goes on for a while, the first time. */
  #spinning<T>(attempt: () => T | undefined): () => T | undefined {
    let end: number | undefined;
    return () => {
      this.#descriptor.isDrained = false;
      let result = attempt();
      if (end !== undefined) return result;
      end = performance.now() + this.#descriptor.spin / 1000;
      while (result === undefined && performance.now() < end) {
        result = attempt();
      }
      return result;
    };
  }

  /** Whether calls wait: one that does not wait must not overtake them. */
  get isBusy(): boolean {
    return !this.#calls.isEmpty;
  }

  get timers(): Timers {
    return this.#descriptor.timers;
  }

  get #isPaced(): boolean {
    return this.#calls.first?.context.isPaced ?? false;
  }

  /** What the call whose turn it is waits for. */
  get events(): number {
    return this.#isPaced ? 0 : this.#events;
  }

  onWaiting(): void {
    this.#descriptor.observe(this);
    if (!this.#isPaced) return;
    this.#stopPacer ??= this.timers.start(() => {
      this.#stopPacer = undefined;
      this.onEvents();
    }, PACE);
  }

  onIdle(): void {
    this.#descriptor.unobserve(this);
    this.#stopPacer?.();
    this.#stopPacer = undefined;
  }

  onEvents(): void {
    if (this.#calls.first === undefined) return;
    this.#calls.run();
    if (this.#calls.first === undefined) this.onIdle();
  }

  /**
   * Tries the waiting calls again after the event loop has had its turn: for an
   * attempt that returns undefined although it could go on.
   */
  continueLater(): void {
    afterTurn(() => this.onEvents());
  }

  onClose(): void {
    this.#calls.close();
    this.onIdle();
  }
}
