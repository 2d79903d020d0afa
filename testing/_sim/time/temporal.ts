import { globalObject, type Patches } from "./patches.ts";
import { currentScope } from "./scope.ts";

/** What `Temporal.Now` returns besides instants: parts of a zoned time. */
const PARTS = {
  plainDateTimeISO: "toPlainDateTime",
  plainDateISO: "toPlainDate",
  plainTimeISO: "toPlainTime",
} as const;

/** Returns the instant that the clock of the simulation shows; undefined outside. */
function instant(): Temporal.Instant | undefined {
  const world = currentScope()?.world;
  if (world === undefined) return undefined;
  const nanoseconds = BigInt(world.start) * 1_000_000n +
    BigInt(Math.round(world.now * 1e6));
  return Temporal.Instant.fromEpochNanoseconds(nanoseconds);
}

/** Returns the time of a zone, the system's by default; undefined outside. */
function zoned(
  timeZone: Temporal.TimeZoneLike = Temporal.Now.timeZoneId(),
): Temporal.ZonedDateTime | undefined {
  return instant()?.toZonedDateTimeISO(timeZone);
}

/** Replaces the functions of `Temporal.Now`, if the runtime has it. */
export function patchTemporal(patches: Patches): void {
  if (globalObject("Temporal") === undefined) return;
  const replace = (
    key: string,
    inside: (timeZone?: Temporal.TimeZoneLike) => unknown,
  ) =>
    patches.replace(Temporal.Now, key, `Temporal.Now.${key}`, (original) => {
      const outer = original() as (timeZone?: Temporal.TimeZoneLike) => unknown;
      return (timeZone?: Temporal.TimeZoneLike) =>
        inside(timeZone) ?? outer(timeZone);
    });
  replace("instant", instant);
  replace("zonedDateTimeISO", zoned);
  for (const [key, method] of Object.entries(PARTS)) {
    replace(key, (timeZone) => zoned(timeZone)?.[method]());
  }
}
