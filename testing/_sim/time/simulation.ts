import type { Random } from "../../_random.ts";
import type { Scheduler } from "./scheduler.ts";

/** The simulation as the patched globals see it. */
export interface Simulation {
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** `Date.now()` at the start. */
  readonly start: number;
  /** Virtual time in milliseconds since the start. */
  readonly now: number;
  /** Whether the test has ended. */
  readonly isOver: boolean;
  /** Whether the globals are real again: code that still runs is outside. */
  readonly isGone: boolean;
  /** Returns the number of the next timer. */
  nextTimerId(): number;
  /** Ends the simulation with an error of a scope. Only the first one counts. */
  fail(error: unknown, where?: string): void;
  /** Records real I/O that was refused. */
  refuse(name: string): void;
  /** Calls `work` outside of the simulation, whose clock stops until it is done. */
  real<T>(work: () => T | PromiseLike<T>): Promise<T>;
}

/** A timer that has a number. */
export interface NumberedTimer {
  readonly id: number;
  close(): void;
  ref(): void;
  unref(): void;
}
