import type { Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";

const NativeDate = Date;
const nativeNow = Date.now;

/** Returns the real time, also inside of a simulation. */
export function realNow(): number {
  return nativeNow();
}

/** `Date.now()` of a scope's simulation. */
function epoch(
  world: { readonly start: number; readonly now: number },
): number {
  return Math.floor(world.start + world.now);
}

/** Makes a `Date` that takes the time from the simulation, inside of one. */
function makeDate(original: () => unknown): unknown {
  const outer = original() as DateConstructor; // a fake one, where FakeTime is active
  return new Proxy(NativeDate, {
    apply(): string {
      const scope = currentScope();
      return scope === undefined
        ? outer()
        : new NativeDate(epoch(scope.world)).toString();
    },
    construct(_, args: [], newTarget): Date {
      const scope = currentScope();
      const base = scope === undefined ? outer : NativeDate;
      const target = newTarget === Date ? base : newTarget;
      const values = args.length === 0 && scope !== undefined
        ? [epoch(scope.world)]
        : args;
      return Reflect.construct(base, values, target);
    },
  });
}

/** Makes `Date.now`. */
function makeDateNow(outer: DateConstructor): () => number {
  return function now(): number {
    const scope = currentScope();
    if (scope !== undefined) return epoch(scope.world);
    return outer === NativeDate ? nativeNow() : outer.now();
  };
}

/** Replaces `Date`. */
export function patchDate(patches: Patches): void {
  const outer = Date;
  patches.replace(globalThis, "Date", "Date", makeDate);
  patches.replace(NativeDate, "now", "Date.now", () => makeDateNow(outer));
  patches.replace(
    NativeDate.prototype,
    "constructor",
    "Date.prototype.constructor",
    () => Date,
  );
}
