import { setImmediate, setTimeout } from "node:timers";
import { suspendFairness } from "../../../internal/wait/mod.ts";
import { atRest, replaced, tooLong, tooMany } from "./errors.ts";
import { installGlobals } from "./globals.ts";
import type { Patches } from "./patches.ts";
import { currentScope, runOutside } from "./scope.ts";
import { watchUncaught } from "./uncaught.ts";
import type { World } from "./world.ts";

/** How many events that wake no program happen in one turn of the event loop. */
const MAX_QUIET = 1000;
/** How many turns a simulation without events has to go on, before it is at rest. */
const REST_TURNS = 20;
/** How many pauses follow them, and how long each is in real milliseconds. */
const REST_PAUSES = 10;
const REST_PAUSE = 2;

/** The simulation that is running; there is one set of globals in a process. */
let running: World | undefined;

/**
 * Runs a simulation: lets its programs run until all wait, then lets the next event
 * happen. It uses the real event loop, one turn for each event that wakes a program.
 */
export class Driver {
  readonly #world: World;
  readonly #maxEvents: number;
  readonly #maxTime: number;
  #patches!: Patches;
  #setTimeout!: unknown;
  #ignoreUncaught!: () => void;
  #resumeFairness!: () => void;
  #events = 0;
  /** Turns without an event, one after another. */
  #turnsAtRest = 0;
  #isSettled = false;
  #onDone!: () => void;

  constructor(world: World, maxEvents: number, maxTime: number) {
    this.#world = world;
    this.#maxEvents = maxEvents;
    this.#maxTime = maxTime;
  }

  /** Runs the simulation until the test settles, and returns its result. */
  async run<T>(test: () => T | PromiseLike<T>): Promise<T> {
    const world = this.#world;
    this.#enter();
    let outcome: (() => T) | undefined;
    try {
      const done = new Promise<void>((resolve) => this.#onDone = resolve);
      world.scope.run(() => {
        (async () => await test())().then(
          (value) => outcome = () => value,
          (error) => {
            outcome = () => {
              throw error;
            };
          },
        ).then(() => this.#isSettled = true);
        setImmediate(this.#turn);
      });
      await done;
      await this.#end();
    } finally {
      this.#leave();
    }
    if (world.failure !== undefined) throw world.failure.error;
    return outcome!();
  }

  #enter(): void {
    if (currentScope() !== undefined) {
      throw new Error(
        "Cannot start a simulation inside of another one: end the first one, or add hosts to it",
      );
    }
    if (running !== undefined) {
      throw new Error(
        "Cannot start a simulation while another one runs in this process: await the first one",
      );
    }
    running = this.#world;
    this.#patches = installGlobals();
    this.#setTimeout = globalThis.setTimeout;
    this.#ignoreUncaught = watchUncaught(this.#world);
    this.#resumeFairness = suspendFairness();
  }

  #leave(): void {
    this.#resumeFairness();
    this.#ignoreUncaught();
    this.#patches.restore();
    this.#world.leave();
    running = undefined;
  }

  /** Lets what can still run do so, while timers and I/O are refused. */
  async #end(): Promise<void> {
    const world = this.#world;
    const overwritten = this.#patches.findOverwritten();
    if (overwritten !== undefined) world.fail(replaced(overwritten));
    world.end();
    if (world.held > 0) {
      await new Promise<void>((resolve) => world.onceReleased(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  readonly #turn = () => {
    const world = this.#world;
    if (globalThis.setTimeout !== this.#setTimeout) {
      world.fail(replaced("setTimeout"));
    }
    if (this.#isSettled || world.failure !== undefined) return this.#onDone();
    if (world.held > 0) {
      world.onceReleased(() => setImmediate(this.#turn));
      return;
    }
    try {
      if (!this.#step()) return this.#rest();
    } catch (error) {
      world.fail(error);
    }
    setImmediate(this.#turn);
  };

  /** Lets events happen, up to one that wakes a program. Returns whether one did. */
  #step(): boolean {
    const { scheduler } = this.#world;
    for (let quiet = 0; quiet < MAX_QUIET; quiet++) {
      const time = scheduler.next;
      if (time === undefined) return quiet > 0;
      if (time > this.#maxTime) throw tooLong(this.#maxTime);
      if (++this.#events > this.#maxEvents) {
        throw tooMany(this.#world, this.#maxEvents);
      }
      this.#turnsAtRest = 0;
      if (scheduler.step() !== false) return true;
    }
    return true;
  }

  /** Nothing is to happen: real work that the simulation does not know may go on. */
  #rest(): void {
    const turns = ++this.#turnsAtRest;
    if (turns <= REST_TURNS) return void setImmediate(this.#turn);
    if (turns <= REST_TURNS + REST_PAUSES) {
      const turn = () => this.#world.scope.run(this.#turn);
      // Inside, timers of node:timers are virtual.
      return runOutside(() => void setTimeout(turn, REST_PAUSE));
    }
    this.#world.fail(atRest(this.#world));
    this.#onDone();
  }
}
