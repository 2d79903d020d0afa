/**
 * Tries the fuzzers with one seed after the other: `deno task fuzz`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { type FuzzTarget, TARGETS, tryOnce } from "./targets.ts";

const NAMES = TARGETS.map(({ name }) => name).join(", ");
const HELP = `Fuzzes the library.

  deno task fuzz [--seconds 60] [--seed N] [--tries N] [targets...]

  --seconds  how long it takes in all
  --seed     the first seed; each try has the next (default: a new one)
  --tries    how often each target is tried at the most

Targets: ${NAMES}`;

/** Tries a target until its time is up; whether nothing was found. */
async function fuzz(
  target: FuzzTarget,
  first: number,
  seconds: number,
  tries: number,
): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  const outcomes = new Map<string, number>();
  let seed = first;
  do {
    try {
      const outcome = await tryOnce(target, seed++);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      console.log(`${target.name}: FAULT\n`, error);
      return false;
    }
  } while (seed - first < tries && performance.now() < until);
  const kinds = [...outcomes].map(([kind, count]) =>
    `${count} ${kind || "whole"}`
  );
  console.log(`${target.name}: ${seed - first} tries: ${kinds.join(", ")}`);
  return true;
}

const options = parseArgs(Deno.args, {
  boolean: ["help"],
  string: ["seconds", "seed", "tries"],
  default: {
    seconds: "60",
    seed: String(Date.now() % 1_000_000_000),
    tries: "Infinity",
  },
});
const chosen = options._.length === 0
  ? TARGETS
  : TARGETS.filter(({ name }) => options._.map(String).includes(name));
const [seconds, seed, tries] = [
  Number(options.seconds),
  Number(options.seed),
  Number(options.tries),
];
const isMeant = seconds >= 0 && Number.isInteger(seed) && tries >= 1 &&
  chosen.length >= options._.length && chosen.length > 0;
if (options.help || !isMeant) {
  console.log(HELP);
  Deno.exit(options.help ? 0 : 1);
}
console.log(`seed ${seed}`);
for (const target of chosen) {
  const isGood = await fuzz(target, seed, seconds / chosen.length, tries);
  if (!isGood) Deno.exitCode = 1;
}
