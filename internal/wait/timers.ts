import { refTimer, unrefTimer } from "../runtime/mod.ts";

/** `setTimeout` keeps its delay in 31 bits; a longer one would fire at once. */
export const MAX_DELAY: number = 2 ** 31 - 1;

type Timer = ReturnType<typeof setTimeout>;

/**
 * The timers of one endpoint. After `unref` they do not keep the program alive,
 * neither those that are pending nor those that start later; after `ref` they do.
 */
export class Timers {
  #isUnref = false;
  readonly #pending = new Set<Timer>();

  /**
   * Calls `callback` once after `delay` milliseconds, at most `MAX_DELAY`. The
   * function returned stops the timer.
   */
  start(callback: () => void, delay: number): () => void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      callback();
    }, Math.min(delay, MAX_DELAY));
    this.#pending.add(timer);
    if (this.#isUnref) unrefTimer(timer);
    return () => {
      this.#pending.delete(timer);
      clearTimeout(timer);
    };
  }

  /** Lets the timers keep the program alive, as they do from the start. */
  ref(): void {
    this.#isUnref = false;
    for (const timer of this.#pending) refTimer(timer);
  }

  /** Lets the program end while timers are pending. */
  unref(): void {
    this.#isUnref = true;
    for (const timer of this.#pending) unrefTimer(timer);
  }
}
