import { AsyncLocalStorage } from "node:async_hooks";
import type { Random } from "../../_random.ts";
import type { NumberedTimer, Simulation } from "./simulation.ts";

/** Stands for work of `network.real()`, which is outside of the simulation. */
const REAL = Symbol("real");

const storage = new AsyncLocalStorage<Scope | typeof REAL | undefined>();

/** Returns the scope that the caller runs in; undefined outside of a simulation. */
export function currentScope(): Scope | undefined {
  const scope = storage.getStore();
  return scope === undefined || scope === REAL || scope.world.isGone
    ? undefined
    : scope;
}

/** Calls a function outside of the simulation, with the real clock and real I/O. */
export function runOutside<T>(work: () => T): T {
  return storage.run(REAL, work);
}

/**
 * Refuses what would wait for virtual time inside of `network.real()`, where time does
 * not move.
 *
 * @throws {Error} Inside of `network.real()`.
 */
export function checkVirtual(name: string): void {
  if (storage.getStore() !== REAL) return;
  throw new Error(
    `Cannot use ${name} inside of network.real(): virtual time stands there; call it outside of real()`,
  );
}

/**
 * A part of a simulation whose timers end together, such as one boot of a host. The
 * scope follows the program through callbacks and `await`, as an `AsyncLocalStorage`
 * does.
 */
export class Scope {
  readonly world: Simulation;
  readonly name: string;
  readonly #timers = new Set<NumberedTimer>();
  /** The timers that a program converted to numbers. */
  readonly #byId = new Map<number, NumberedTimer>();
  #isDropped = false;
  #mathRandom: Random | undefined;
  #cryptoRandom: Random | undefined;

  constructor(world: Simulation, name: string) {
    this.world = world;
    this.name = name;
  }

  /** Whether it was dropped, or the whole simulation has ended. */
  get isDropped(): boolean {
    return this.#isDropped || this.world.isOver;
  }

  /** The numbers of `Math.random()` in this scope. */
  get mathRandom(): Random {
    return this.#mathRandom ??= this.world.random.fork(
      `Math.random of ${this.name}`,
    );
  }

  /** The bytes of `crypto.getRandomValues()` in this scope. */
  get cryptoRandom(): Random {
    return this.#cryptoRandom ??= this.world.random.fork(
      `crypto of ${this.name}`,
    );
  }

  /** How many timers are to fire. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Calls a function in this scope. */
  run<T>(work: () => T): T {
    return storage.getStore() === this ? work() : storage.run(this, work);
  }

  /** Fails the simulation; what dropped programs throw is lost with them. */
  fail(error: unknown): void {
    if (!this.isDropped) this.world.fail(error, this.name);
  }

  /** Cancels its timers; timers that its programs start later never fire. */
  drop(): void {
    if (this.#isDropped) return;
    this.#isDropped = true;
    for (const timer of [...this.#timers]) timer.close();
    this.#byId.clear();
  }

  /** Remembers a timer that is to fire. */
  add(timer: NumberedTimer): void {
    this.#timers.add(timer);
  }

  /** Forgets a timer. */
  delete(timer: NumberedTimer): void {
    this.#timers.delete(timer);
    if (this.#byId.size > 0) this.#byId.delete(timer.id);
  }

  /** Lets `clearTimeout()` find a timer by its number. */
  addId(timer: NumberedTimer): void {
    if (this.#timers.has(timer)) this.#byId.set(timer.id, timer);
  }

  /** Returns the timer of a number. */
  byId(id: number): NumberedTimer | undefined {
    return this.#byId.get(id);
  }
}
