/**
 * Timers that a program imports from `node:timers` or `node:timers/promises`. Such
 * imports cannot be replaced, but in Deno 2.9 all of these timers have one class, whose
 * prototype has a method that starts them and one that ends them.
 * `tests/testing/sim/node_timers_test.ts` watches it. Where the methods are missing,
 * these timers are real.
 *
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { Patches } from "./patches.ts";
import { currentScope, type Scope } from "./scope.ts";
import { timerDelay, VirtualTimer } from "./timer.ts";

/** A timer of `node:timers`, with the fields that it keeps in public. */
interface NodeTimer {
  _idleTimeout: number;
  _onTimeout: ((...args: unknown[]) => unknown) | null;
  readonly _timerArgs: readonly unknown[] | undefined;
  readonly _repeat: boolean;
}

type Method = (this: NodeTimer) => unknown;

/** The longest delay of a timer, 24 days. */
const LONGEST = 2 ** 31 - 1;

/** Returns the symbol of an object that has this description. */
function findSymbol(object: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(object).find((symbol) =>
    symbol.description === description
  );
}

/** What stands for each timer of `node:timers` that a simulation started. */
const virtual = new WeakMap<NodeTimer, VirtualTimer>();

/** The timer of the simulation, which ends the real one when it ends. */
class StandIn extends VirtualTimer {
  readonly #timer: NodeTimer;
  readonly #destroy: Method;

  constructor(scope: Scope, timer: NodeTimer, destroy: Method) {
    const { _repeat: repeats, _idleTimeout: delay } = timer;
    super(scope, () => this.#run(), timerDelay(delay), [], repeats);
    this.#timer = timer;
    this.#destroy = destroy;
  }

  #run(): void {
    const { _onTimeout: callback, _timerArgs: args = [], _repeat: repeats } =
      this.#timer;
    if (!repeats) this.#endReal();
    if (callback !== null) Reflect.apply(callback, this.#timer, args);
  }

  /** Ends the real timer, so that `refresh()` can start it anew. */
  #endReal(): void {
    const timer = this.#timer;
    const { _onTimeout: callback, _idleTimeout: delay } = timer;
    virtual.delete(timer);
    this.#destroy.call(timer);
    timer._onTimeout = callback;
    timer._idleTimeout = delay;
  }

  override close(): this {
    super.close();
    if (virtual.get(this.#timer) === this) {
      virtual.delete(this.#timer);
      this.#destroy.call(this.#timer);
    }
    return this;
  }
}

/**
 * Starts a timer in virtual time. The real one is started, too, with a delay that never
 * ends and without keeping the process alive: its number is how `clearTimeout` of
 * `node:timers` finds the timer.
 */
function start(
  scope: Scope,
  timer: NodeTimer,
  create: Method,
  destroy: Method,
): unknown {
  const { _idleTimeout: delay } = timer;
  const referenced = findSymbol(timer, "refed")!;
  const isReferenced = Reflect.get(timer, referenced);
  timer._idleTimeout = LONGEST;
  Reflect.set(timer, referenced, false);
  const id = create.call(timer);
  timer._idleTimeout = delay;
  Reflect.set(timer, referenced, isReferenced);
  const standIn = new StandIn(scope, timer, destroy);
  virtual.set(timer, standIn);
  if (scope.isDropped) standIn.close();
  return id;
}

/** Has the timers of `node:timers` follow virtual time, inside of a simulation. */
export function patchNodeTimers(patches: Patches): void {
  const sample = setTimeout(() => {}, LONGEST);
  clearTimeout(sample);
  const prototype = Object.getPrototypeOf(sample);
  const createKey = findSymbol(prototype, "createTimer");
  const destroyKey = findSymbol(prototype, "destroy");
  if (createKey === undefined || destroyKey === undefined) return;
  if (findSymbol(sample, "refed") === undefined) return;
  const destroy: Method = prototype[destroyKey];
  patches.replace(prototype, createKey, "node:timers", (original) => {
    const create = original() as Method;
    return function (this: NodeTimer): unknown {
      const scope = currentScope();
      return scope === undefined
        ? create.call(this)
        : start(scope, this, create, destroy);
    };
  });
  patches.replace(prototype, destroyKey, "node:timers", () => {
    return function (this: NodeTimer): void {
      const timer = virtual.get(this);
      if (timer === undefined) destroy.call(this);
      else timer.close();
    };
  });
  patches.replace(prototype, "refresh", "node:timers", (original) => {
    const refresh = original() as Method;
    return function (this: NodeTimer): NodeTimer {
      const timer = virtual.get(this);
      if (timer === undefined) refresh.call(this);
      else timer.refresh();
      return this;
    };
  });
}
