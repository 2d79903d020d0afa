import type { Happening, Scheduled, Scheduler } from "../time/scheduler.ts";
import type { Timing } from "../types.ts";

/** Calls a function in the scope of a host. */
export type RunInScope = <T>(work: () => T) => T;

/** The events of one boot of a host: none happens after it has crashed. */
export class MachineTiming implements Timing {
  readonly #scheduler: Scheduler;
  readonly #run: RunInScope;
  #isOver = false;

  /** Schedules events that `run` calls. */
  constructor(scheduler: Scheduler, run: RunInScope = (work) => work()) {
    this.#scheduler = scheduler;
    this.#run = run;
  }

  get now(): number {
    return this.#scheduler.now;
  }

  get next(): number | undefined {
    return this.#scheduler.next;
  }

  after(delay: number, run: Happening): Scheduled {
    return this.#scheduler.after(
      delay,
      () => this.#isOver ? false : this.#run(run),
    );
  }

  settle(delay: number, run: Happening): void {
    this.#scheduler.after(delay, () => this.#isOver ? false : run());
  }

  /** Calls a function in the scope of the host. */
  run<T>(work: () => T): T {
    return this.#run(work);
  }

  /** Lets no event happen any more. */
  end(): void {
    this.#isOver = true;
  }
}
