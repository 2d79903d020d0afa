import { Random } from "../../_random.ts";
import { Scheduler } from "./scheduler.ts";
import { currentScope, runOutside, Scope } from "./scope.ts";
import type { Simulation } from "./simulation.ts";

/** A simulation: its clock, its random numbers, and the scopes of its programs. */
export class World implements Simulation {
  readonly seed: number;
  /** Fork it: what draws from it directly shifts the numbers of others. */
  readonly random: Random;
  readonly scheduler: Scheduler = new Scheduler();
  /** `Date.now()` at the start. */
  readonly start: number;
  /** The scope of the test itself. */
  readonly scope: Scope;
  /** Describe what is pending, for the error of a simulation at rest. */
  readonly #descriptions: (() => Iterable<string>)[] = [];
  #timerId = 0;
  #isOver = false;
  #isGone = false;
  #failure: { readonly error: unknown } | undefined;
  #where: string | undefined;
  readonly #refused = new Set<string>();
  #held = 0;
  #onReleased: (() => void) | undefined;

  constructor(seed: number, start: number) {
    this.seed = seed;
    this.random = new Random(seed);
    this.start = start;
    this.scope = new Scope(this, "the test");
  }

  /** Virtual time in milliseconds since the start. */
  get now(): number {
    return this.scheduler.now;
  }

  /** Whether the test has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The first error outside of the test's own promise. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** How much real work is in progress; while there is any, the clock stops. */
  get held(): number {
    return this.#held;
  }

  /** Makes a scope, such as for one boot of a host. */
  newScope(name: string): Scope {
    return new Scope(this, name);
  }

  /** The scope of the first error, if it was not the test's. */
  get where(): string | undefined {
    return this.#where;
  }

  /** Real I/O that was refused, by name. */
  get refused(): readonly string[] {
    return [...this.#refused];
  }

  fail(error: unknown, where?: string): void {
    if (this.#isOver || this.#failure !== undefined) return;
    this.#failure = { error };
    if (where !== this.scope.name) this.#where = where;
  }

  refuse(name: string): void {
    this.#refused.add(name);
  }

  /** Adds lines to the error of a simulation where nothing happens any more. */
  describeAtRest(describe: () => Iterable<string>): void {
    this.#descriptions.push(describe);
  }

  /** What is pending, a line each. */
  describePending(): string[] {
    return this.#descriptions.flatMap((describe) => [...describe()]);
  }

  /**
   * Calls `work` outside of the simulation, and stops the clock until its promise
   * settles. After the end of the simulation, or of the scope that calls it, the promise
   * that it returns stays pending.
   */
  real<T>(work: () => T | PromiseLike<T>): Promise<T> {
    const scope = currentScope() ?? this.scope;
    return new Promise<T>((resolve, reject) => {
      if (scope.isDropped) return;
      this.#held++;
      const settle = (action: () => void) => {
        this.#held--;
        if (!scope.isDropped) action();
        if (this.#held === 0) this.#onReleased?.();
      };
      runOutside(async () => await work()).then(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(error)),
      );
    });
  }

  /** Calls back once, when no real work is in progress any more. */
  onceReleased(callback: () => void): void {
    this.#onReleased = () => {
      this.#onReleased = undefined;
      callback();
    };
  }

  /** Drops all that is to happen, as a power cut does. */
  end(): void {
    this.#isOver = true;
    this.scope.drop();
    this.scheduler.clear();
  }

  /** The globals are real again. */
  leave(): void {
    this.#isGone = true;
  }

  nextTimerId(): number {
    return ++this.#timerId;
  }
}
