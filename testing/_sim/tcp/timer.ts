import type { Scheduled } from "../time/scheduler.ts";
import type { Timing } from "../types.ts";
import type { Waker } from "./waker.ts";

/** How a timer of a connection is driven. */
export interface TimerSource {
  readonly scheduler: Timing;
  readonly waker: Waker;
}

/**
 * A timer that is set again and again, mostly to a later time. It moves its event in
 * the scheduler only when that happens, so that to set it costs next to nothing.
 */
export class Timer {
  readonly #source: TimerSource;
  readonly #run: () => void;
  #deadline: number | undefined;
  #event: Scheduled | undefined;
  #eventTime = 0;

  constructor(source: TimerSource, run: () => void) {
    this.#source = source;
    this.#run = run;
  }

  /** Whether it is going to run. */
  get isSet(): boolean {
    return this.#deadline !== undefined;
  }

  /** Runs in so many milliseconds, instead of at the time that was set before. */
  set(delay: number): void {
    const deadline = this.#source.scheduler.now + delay;
    this.#deadline = deadline;
    if (this.#event !== undefined && this.#eventTime <= deadline) return;
    this.#event?.cancel();
    this.#schedule(deadline);
  }

  /** Does not run. */
  clear(): void {
    this.#deadline = undefined;
    this.#event?.cancel();
    this.#event = undefined;
  }

  #schedule(deadline: number): void {
    const { scheduler } = this.#source;
    this.#eventTime = deadline;
    this.#event = scheduler.after(deadline - scheduler.now, this.#onEvent);
  }

  readonly #onEvent = (): boolean => {
    this.#event = undefined;
    const deadline = this.#deadline!;
    // The sum of the time and of what is left may be a little less than the deadline.
    if (deadline - this.#source.scheduler.now > 1e-6) {
      this.#schedule(deadline);
      return false;
    }
    this.#deadline = undefined;
    return this.#source.waker.during(this.#run);
  };
}
