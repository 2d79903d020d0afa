import { afterTurn, isLoopStarved } from "../internal/wait/mod.ts";
import { unrefTimer } from "../internal/runtime/mod.ts";
import { Epoll } from "./_epoll.ts";
import { loadLibc } from "./_libc.ts";
import { IS_LINUX } from "./_platform.ts";
import { PollSet } from "./_poll_set.ts";
import type { OnEvent, Poller } from "./_poller.ts";

/** How often what let the program end is looked after, in milliseconds. */
const UNREF_INTERVAL = 10;
/** How many turns of the microtask queue continuations get before a look. */
const PATIENCE = 2;
/** How many looks in a row may find something before others have their turn. */
const MAX_LOOKS = 64;
/** For how long looks go on that find nothing, after something came, in milliseconds. */
const LOOK_TIME = 0.03;

/** One that is told what it waits for. */
export interface Watched {
  /** Tries again what waited for these events, bits of `poll.h`. */
  onEvents(events: number): void;
}

/**
 * Waits for all sockets by one thread at most, and none while nothing waits.
 *
 * Who waits has tried before. When the thread comes back, those concerned try
 * again; then a look without waiting tells whether more has come meanwhile, which
 * is cheaper than the thread; then the thread waits again.
 */
export class Reactor {
  readonly #poller: Poller;
  readonly #watched = new Map<number, Watched>();
  #lastId = 0;
  /** How many waits keep the program alive, and how many do not. */
  #refs = 0;
  #unrefs = 0;
  #isWaiting = false;
  #isScheduled = false;
  #looks = 0;
  #patience = 0;
  #lookEnd = 0;
  #hasWoken = false;
  #onQuiet: (() => void)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(poller: Poller) {
    this.#poller = poller;
  }

  /** Begins to watch a descriptor; the id of it. */
  watch(fd: number, watched: Watched): number {
    do this.#lastId = (this.#lastId + 1) >>> 0; while (
      this.#lastId === 0 || this.#watched.has(this.#lastId)
    );
    this.#poller.add(this.#lastId, fd);
    this.#watched.set(this.#lastId, watched);
    return this.#lastId;
  }

  /** Ends watching, before the descriptor is closed. */
  unwatch(id: number, fd: number): void {
    this.#watched.delete(id);
    this.#poller.remove(id, fd);
  }

  /** Says what a descriptor is waited for. */
  want(id: number, events: number): void {
    this.#poller.want(id, events);
  }

  /** One more waits, or one less. */
  count(isRef: boolean, by: 1 | -1): void {
    if (isRef) this.#refs += by;
    else this.#unrefs += by;
    this.#update();
  }

  #update(): void {
    if (this.#refs > 0) {
      if (!this.#isWaiting) this.#schedule();
    } else if (this.#isWaiting && !this.#hasWoken) {
      // The thread would keep the program alive.
      this.#hasWoken = true;
      this.#poller.wake();
    }
    const needsTimer = this.#refs === 0 && this.#unrefs > 0;
    if (needsTimer === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!needsTimer) return;
    const look = () => this.#poller.look(this.#onEvent);
    this.#timer = setInterval(look, UNREF_INTERVAL);
    unrefTimer(this.#timer);
  }

  readonly #onThreadEvent: OnEvent = (id, events) => {
    this.#hasWoken = true; // by itself
    this.#onEvent(id, events);
  };

  readonly #onEvent: OnEvent = (id, events) => {
    // Who is not there any more was closed after the event had happened.
    this.#watched.get(id)?.onEvents(events);
  };

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#turn);
  }

  /** Has looks go on for a while, once something has come. */
  #expectMore(): void {
    this.#patience = PATIENCE;
    this.#lookEnd = performance.now() + LOOK_TIME;
    this.#schedule();
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#refs === 0 || this.#isWaiting) return;
    if (this.#patience > 0) {
      this.#patience--;
      return this.#schedule();
    }
    if (isLoopStarved()) {
      this.#isScheduled = true;
      return afterTurn(this.#turn);
    }
    if (this.#looks > 0) {
      this.#looks--;
      if (this.#poller.look(this.#onEvent) > 0) return this.#expectMore();
      if (performance.now() < this.#lookEnd) return this.#schedule();
    }
    this.#park();
  };

  /** Resolves when no thread waits that nobody needs any more. */
  quiet(): Promise<void> {
    return this.#refs > 0 || !this.#isWaiting
      ? Promise.resolve()
      : new Promise((resolve) => this.#onQuiet.push(resolve));
  }

  #park(): void {
    this.#isWaiting = true;
    this.#hasWoken = false;
    this.#poller.wait(this.#onThreadEvent).catch(() => {}).then(() => {
      this.#isWaiting = false;
      this.#looks = MAX_LOOKS;
      for (const resolve of this.#onQuiet.splice(0)) resolve();
      if (this.#refs > 0) this.#expectMore();
    });
  }
}

let reactor: Reactor | undefined;

/** The reactor of this program. */
export function theReactor(): Reactor {
  return reactor ??= new Reactor(
    IS_LINUX ? new Epoll() : new PollSet(loadLibc().waitInThread),
  );
}
