import { globalObject, type Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";
import type { NumberedTimer } from "./simulation.ts";
import { IMMEDIATE, timerDelay, VirtualTimer } from "./timer.ts";

type Callback = (...args: unknown[]) => unknown;
/** A function of the runtime, of any arguments. */
type Original = () => (...args: unknown[]) => unknown;

/** The error of the runtime for a callback that is none. */
function checkCallback(callback: unknown): asserts callback is Callback {
  if (typeof callback === "function") return;
  const received = typeof callback === "string"
    ? `type string ('${callback}')`
    : callback === undefined || callback === null
    ? String(callback)
    : `type ${typeof callback}`;
  throw Object.assign(
    new TypeError(
      `The "callback" argument must be of type function. Received ${received}`,
    ),
    { code: "ERR_INVALID_ARG_TYPE" },
  );
}

/** The properties of a function by symbols, such as that of `util.promisify`. */
function customs(original: object): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.getOwnPropertySymbols(original).map((symbol) => [
      symbol,
      Object.getOwnPropertyDescriptor(original, symbol)!,
    ]),
  );
}

/** Makes `setTimeout` or `setInterval`. */
function makeSet(original: Original, repeats: boolean): unknown {
  const set = (callback: unknown, delay?: unknown, ...args: unknown[]) => {
    const scope = currentScope();
    if (scope === undefined) return original()(callback, delay, ...args);
    checkCallback(callback);
    return new VirtualTimer(scope, callback, timerDelay(delay), args, repeats);
  };
  const name = { value: repeats ? "setInterval" : "setTimeout" };
  return Object.defineProperties(set, { ...customs(original()), name });
}

function makeSetImmediate(original: Original): unknown {
  function setImmediate(callback: unknown, ...args: unknown[]) {
    const scope = currentScope();
    if (scope === undefined) return original()(callback, ...args);
    checkCallback(callback);
    return new VirtualTimer(scope, callback, IMMEDIATE, args);
  }
  return Object.defineProperties(setImmediate, customs(original()));
}

/** Makes `clearTimeout`, `clearInterval` or `clearImmediate`. */
function makeClear(original: Original, name: string): unknown {
  const clear = (timer: unknown) => {
    const found = timer instanceof VirtualTimer ? timer : byId(timer);
    if (found === undefined) original()(timer);
    else found.close();
  };
  Object.defineProperty(clear, "name", { value: name });
  return clear;
}

/** Returns the timer of the simulation that a number is of. */
function byId(timer: unknown): NumberedTimer | undefined {
  return typeof timer === "number" || typeof timer === "string"
    ? currentScope()?.byId(Number(timer))
    : undefined;
}

/** Makes `Deno.refTimer` or `Deno.unrefTimer`. */
function makeReference(original: Original, isReferenced: boolean): unknown {
  return (timer: unknown) => {
    const found = timer instanceof VirtualTimer ? timer : byId(timer);
    if (found === undefined) original()(timer);
    else if (isReferenced) found.ref();
    else found.unref();
  };
}

/** Makes `AbortSignal.timeout`. */
function makeTimeout(original: Original): unknown {
  return function timeout(...args: unknown[]) {
    const scope = currentScope();
    const milliseconds = Math.trunc(Number(args[0]));
    const isRefused = !(milliseconds >= 0 &&
      milliseconds <= Number.MAX_SAFE_INTEGER);
    if (scope === undefined || isRefused) {
      return Reflect.apply(original(), AbortSignal, args);
    }
    const controller = new AbortController();
    new VirtualTimer(scope, () => {
      controller.abort(
        new DOMException(
          "The operation was aborted due to timeout",
          "TimeoutError",
        ),
      );
    }, milliseconds);
    return controller.signal;
  };
}

/** Replaces the timers by virtual ones. */
export function patchTimers(patches: Patches): void {
  const replace = (
    target: object,
    key: string,
    make: (original: Original) => unknown,
  ) => patches.replace(target, key, key, make as never);
  replace(globalThis, "setTimeout", (original) => makeSet(original, false));
  replace(globalThis, "setInterval", (original) => makeSet(original, true));
  replace(globalThis, "setImmediate", makeSetImmediate);
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) {
    replace(globalThis, name, (original) => makeClear(original, name));
  }
  replace(AbortSignal, "timeout", makeTimeout);
  const deno = globalObject("Deno");
  if (deno === undefined) return;
  replace(deno, "refTimer", (original) => makeReference(original, true));
  replace(deno, "unrefTimer", (original) => makeReference(original, false));
}
