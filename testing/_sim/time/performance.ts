import process from "node:process";
import type { Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";

type Method<T extends unknown[] = unknown[]> = (...args: T) => unknown;

/** Replaces a method by one that calls `inside` with the virtual time. */
function replace<T extends unknown[]>(
  patches: Patches,
  target: object,
  key: string,
  name: string,
  inside: (now: number, outer: Method<T>, args: T) => unknown,
): void {
  patches.replace(target, key, name, (original) => {
    const outer = original() as Method<T>;
    return new Proxy(outer, {
      apply(_, self, args: T) {
        const scope = currentScope();
        return scope === undefined
          ? Reflect.apply(outer, self, args)
          : inside(scope.world.now, outer.bind(self), args);
      },
    });
  });
}

/** Whether the second argument of `performance.measure()` is its options. */
function hasEnd(options: unknown): boolean {
  return typeof options === "object" && options !== null &&
    ("end" in options || "duration" in options);
}

/** Replaces what `performance` measures by. */
export function patchPerformance(patches: Patches): void {
  const { prototype } = Performance;
  // In Bun some methods are of the object itself.
  const ownerOf = (name: string) =>
    Object.hasOwn(performance, name) ? performance : prototype;
  replace(patches, ownerOf("now"), "now", "performance.now", (now) => now);
  replace(
    patches,
    ownerOf("mark"),
    "mark",
    "performance.mark",
    (now, mark, [name, options]: [unknown, object?]) =>
      mark(name, { startTime: now, ...options }),
  );
  replace(
    patches,
    ownerOf("measure"),
    "measure",
    "performance.measure",
    (now, measure, [name, from, to]: [unknown, unknown?, unknown?]) => {
      if (to !== undefined || hasEnd(from)) return measure(name, from, to);
      const isMark = typeof from === "string";
      const options = isMark ? { start: from } : from as object | undefined;
      return measure(name, { start: 0, ...options, end: now });
    },
  );
  patches.replaceGetter(
    prototype,
    "timeOrigin",
    () => currentScope()?.world.start,
  );
}

const GIGA = 1_000_000_000n;

function toNanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1e6));
}

/** Replaces the clocks of `node:process`. */
export function patchProcess(patches: Patches): void {
  replace(patches, process, "uptime", "process.uptime", (now) => now / 1000);
  replace(
    patches,
    process,
    "hrtime",
    "process.hrtime",
    (now, _, [since]: [[number, number]?]) => {
      const time = toNanoseconds(now) -
        (since === undefined ? 0n : BigInt(since[0]) * GIGA + BigInt(since[1]));
      return [Number(time / GIGA), Number(time % GIGA)];
    },
  );
  replace(
    patches,
    process.hrtime,
    "bigint",
    "process.hrtime.bigint",
    toNanoseconds,
  );
}
