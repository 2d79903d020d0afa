import type { Patches } from "./patches.ts";
import { currentScope, type Scope } from "./scope.ts";

type Time = Parameters<Intl.DateTimeFormat["format"]>[0];

/** The date that `Intl.DateTimeFormat` takes where none is passed. */
function now(scope: Scope): number {
  return Math.floor(scope.world.start + scope.world.now);
}

/**
 * Replaces the methods of `Intl.DateTimeFormat` that format the current time where no
 * date is passed: they ask the engine for it, not `Date`.
 */
export function patchIntl(patches: Patches): void {
  const { prototype } = Intl.DateTimeFormat;
  const getter = Object.getOwnPropertyDescriptor(prototype, "format")?.get;
  patches.replace(
    prototype,
    "formatToParts",
    "Intl.DateTimeFormat.formatToParts",
    (original) => {
      const outer = original() as Intl.DateTimeFormat["formatToParts"];
      return function formatToParts(this: Intl.DateTimeFormat, time?: Time) {
        const scope = time === undefined ? currentScope() : undefined;
        const value = scope === undefined ? time : now(scope);
        return Reflect.apply(outer, this, [value]);
      };
    },
  );
  /** What stands for the function that a formatter returns as its `format`. */
  const formats = new WeakMap<object, (time?: Time) => string>();
  patches.replaceGetter(prototype, "format", function (this: unknown) {
    if (getter === undefined || currentScope() === undefined) return undefined;
    const outer = Reflect.apply(getter, this, []) as (time?: Time) => string;
    const known = formats.get(outer);
    if (known !== undefined) return known;
    const format = (time?: Time) => {
      const scope = time === undefined ? currentScope() : undefined;
      return outer(scope === undefined ? time : now(scope));
    };
    formats.set(outer, format);
    return format;
  });
}
