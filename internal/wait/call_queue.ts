import { Chain, type Link } from "./chain.ts";
import { defer, type Deferred } from "./deferred.ts";
import { afterTurn, isLoopStarved } from "./fair.ts";
import type { Wait } from "./options.ts";
import { rejectTraced } from "./retrace.ts";
import type { Timers } from "./timers.ts";
import { arm } from "./wait_for.ts";

/** A call that does its work in one step, as soon as it can. */
export interface Call<T> {
  /**
   * Does the work and returns the result, or returns undefined as long as it
   * cannot. What it throws rejects the call.
   */
  attempt(): T | undefined;
  /** Returns the error of a call whose time is up. */
  timeoutError(): Error;
  /**
   * Returns what is done of the work so far; undefined for nothing. A call that is
   * cancelled or times out resolves with it.
   */
  partial?(): T | undefined;
  /** Returns the error if the source closes; if omitted, it is that of `close`. */
  closedError?(): Error;
}

/** A call that waits. */
interface Entry<C> extends Link<Entry<C>> {
  readonly call: C;
  // deno-lint-ignore no-explicit-any -- the result is of the call's own type
  readonly end: Deferred<any>;
  /** Ends the wait for the signal and the timeout. */
  disarm: (() => void) | undefined;
  isWaiting: boolean;
}

/** What a queue needs of its owner. */
export interface QueueOwner {
  /** The call at the head cannot do its work: `run` is to be called upon news. */
  onWaiting(): void;
  /** The last call that waited was cancelled: no news are needed for now. */
  onIdle?(): void;
  /** The timers of the calls. */
  readonly timers: Timers;
  /**
   * Whether a loop of calls of the source leaves the event loop its turns, as with
   * datagrams over `Deno`: then no call waits for one.
   */
  readonly isFair?: boolean;
}

/**
 * The calls that wait for one source, in their order. A call is attempted when it
 * is made if no other waits before it, and again in `run`, when the source has
 * news. A call leaves the queue when it is done, when its signal aborts or its
 * timeout ends, and when the queue closes. Nothing is awaited between an attempt
 * that does its work and the end of the call, so a call that is cancelled has
 * changed nothing.
 *
 * Calls wait also while the event loop is starved (see `isLoopStarved`): none of
 * them is attempted before the runtime has run its timers.
 */
export class CallQueue<C extends Call<unknown>> {
  readonly #owner: QueueOwner;
  readonly #entries = new Chain<Entry<C>>();
  #size = 0;
  /** Whether an attempt is on the stack: it may make or cancel other calls. */
  #isRunning = false;
  /** Whether all calls wait for a turn of the event loop. */
  #isHeld = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Whether no call waits, so that the next is attempted when it is made. */
  get isEmpty(): boolean {
    return this.#entries.first === undefined && !this.#isRunning;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#size;
  }

  /** The call whose turn it is. */
  get first(): C | undefined {
    return this.#entries.first?.call;
  }

  /**
   * Resolves with the result of the call, as a promise does; `wait` limits how long
   * it waits.
   */
  call<T>(call: C & Call<T>, wait: Wait | undefined): Promise<Awaited<T>> {
    try {
      const result = this.now(call);
      return result === undefined
        ? this.#wait(call, wait)
        : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Does the work of the call now; undefined if it cannot, or a call is pending. */
  now<T>(call: C & Call<T>): T | undefined {
    if (!this.isEmpty || this.#isHeld) return undefined;
    if (this.#owner.isFair !== true && isLoopStarved()) {
      this.#hold();
      return undefined;
    }
    this.#isRunning = true;
    try {
      return (call as Call<T>).attempt();
    } finally {
      this.#isRunning = false;
      if (this.#entries.first !== undefined) this.run(); // calls made by the attempt
    }
  }

  #wait<T>(call: C & Call<T>, wait: Wait | undefined): Promise<Awaited<T>> {
    const entry: Entry<C> = {
      call,
      end: defer(),
      disarm: undefined,
      previous: undefined,
      next: undefined,
      isWaiting: true,
    };
    if (wait !== undefined) this.#limit(entry, wait);
    this.#size++;
    this.#entries.push(entry);
    const isFirst = this.#entries.first === entry;
    if (isFirst && !this.#isHeld && !this.#isRunning) this.#ask(entry);
    return entry.end.promise;
  }

  #limit(entry: Entry<C>, wait: Wait): void {
    const timeout = () => entry.call.timeoutError();
    entry.disarm = arm(wait, timeout, (reason) => {
      const isFirst = this.#entries.first === entry;
      const done = entry.call.partial?.();
      if (done === undefined) this.#fail(entry, reason);
      else if (this.#leave(entry)) entry.end.resolve(done);
      // What is there may be enough for the next one.
      if (isFirst) this.run();
      if (this.#entries.first === undefined) this.#owner.onIdle?.();
    }, this.#owner.timers);
  }

  /** Asks the owner for news; if that fails, so does the call at the head. */
  #ask(entry: Entry<C>): void {
    try {
      this.#owner.onWaiting();
    } catch (error) {
      this.#fail(entry, error);
      this.run();
    }
  }

  /** Lets no call be attempted until the runtime has run its timers. */
  #hold(): void {
    this.#isHeld = true;
    afterTurn(() => {
      this.#isHeld = false;
      this.run();
    });
  }

  /** Attempts the calls in their order, until one has to wait. */
  run(): void {
    if (this.#isRunning || this.#isHeld) return;
    let first = this.#entries.first;
    this.#isRunning = true;
    while (first !== undefined && this.#settle(first)) {
      first = this.#entries.first;
    }
    this.#isRunning = false;
    if (first !== undefined) this.#ask(first);
  }

  /** Attempts the first call; false if it has to wait. */
  #settle(entry: Entry<C>): boolean {
    try {
      const result = entry.call.attempt();
      if (result === undefined) return this.#entries.first !== entry;
      if (this.#leave(entry)) entry.end.resolve(result);
    } catch (error) {
      this.#fail(entry, error);
    }
    return true;
  }

  #fail(entry: Entry<C>, reason: unknown): void {
    if (this.#leave(entry)) rejectTraced(entry.end, reason);
  }

  /** Takes a call out of the queue; false if it has left already. */
  #leave(entry: Entry<C>): boolean {
    if (!entry.isWaiting) return false;
    entry.isWaiting = false;
    this.#size--;
    this.#entries.remove(entry);
    entry.disarm?.();
    return true;
  }

  /** Rejects all calls that wait. */
  close(reason?: unknown): void {
    while (this.#entries.first !== undefined) {
      const first = this.#entries.first;
      this.#fail(first, first.call.closedError?.() ?? reason);
    }
  }
}
