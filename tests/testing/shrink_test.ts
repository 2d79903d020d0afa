/** Which of the faults of a failed run are reported. */
import { assert, assertEquals } from "@std/assert";
import { failureKey } from "../../testing/_same_failure.ts";
import { shrinkFaults } from "../../testing/_shrink.ts";
import { Random } from "../_random.ts";

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `a>b drop ${i}`);
}

/** Fails if all that are `needed` happen; all that may happen do. */
function needs(...needed: string[]) {
  return (some: readonly string[]) =>
    Promise.resolve(
      needed.every((name) => some.includes(name)) ? some : undefined,
    );
}

const CASES: [name: string, count: number, needed: number[]][] = [
  ["none of 20", 20, []],
  ["none of none", 0, []],
  ["one of one", 1, [0]],
  ["the first of two", 2, [0]],
  ["both of two", 2, [0, 1]],
  ["the last of 100", 100, [99]],
  ["the first and the last of 100", 100, [0, 99]],
  ["three neighbours of 64", 64, [31, 32, 33]],
  ["all of seven", 7, [0, 1, 2, 3, 4, 5, 6]],
];

for (const [name, count, needed] of CASES) {
  test(`shrinkFaults() finds ${name}`, async () => {
    const all = names(count);
    const wanted = needed.map((i) => all[i]!);
    const shrunk = await shrinkFaults(all, needs(...wanted), 1000);
    assertEquals(shrunk.faults, wanted);
    assertEquals(shrunk.isMinimal, true);
    assert(shrunk.runs <= 200, `${shrunk.runs}`);
  });
}

test("shrinkFaults() finds lists of which nothing can be missed", async () => {
  const random = new Random(5);
  for (let round = 0; round < 200; round++) {
    const all = names(random.integer(1, 40));
    // Fails with enough of some faults: many lists are minimal.
    const some = new Set(all.filter(() => random.next() < 0.5));
    const enough = random.integer(0, some.size);
    let runs = 0;
    const failsWith = (faults: readonly string[]) => {
      runs++;
      const count = faults.filter((name) => some.has(name)).length;
      return Promise.resolve(count >= enough ? faults : undefined);
    };
    const shrunk = await shrinkFaults(all, failsWith, 10_000);
    assertEquals(shrunk.faults.length, enough, `round ${round}`);
    assert(shrunk.faults.every((name) => some.has(name)));
    assertEquals(shrunk.runs, runs);
  }
});

test("shrinkFaults() goes on with those that happened", async () => {
  // The second half happens only if the first does.
  const happened = (some: readonly string[]) =>
    Promise.resolve(
      some.includes("a") ? some.filter((name) => name !== "b") : undefined,
    );
  const { faults } = await shrinkFaults(["a", "b", "c"], happened, 100);
  assertEquals(faults, ["a"]);
});

test("shrinkFaults() stops after so many runs, with the best that it found", async () => {
  const all = names(64);
  const failsWith = needs(all[0]!, all[20]!);
  for (const maxRuns of [0, 1, 5]) {
    const shrunk = await shrinkFaults(all, failsWith, maxRuns);
    assertEquals([shrunk.runs, shrunk.isMinimal], [maxRuns, false]);
    assert(await failsWith(shrunk.faults));
  }
  const best = await shrinkFaults(all, failsWith, 5);
  assert(best.faults.length < 64, `${best.faults.length}`);
});

test("failures are the same if only numbers and later lines differ", () => {
  const first = new Error("5 of 8 arrived (seed 3)\ndiff");
  assertEquals(
    failureKey(first),
    failureKey(new Error("6 of 8 arrived (seed 44)\nanother diff")),
  );
  const others = [
    new Error("5 of 8 came (seed 3)"),
    new TypeError("5 of 8 arrived (seed 3)"),
    Object.assign(new Error("5 of 8 arrived (seed 3)"), { code: "EPIPE" }),
    "5 of 8 arrived (seed 3)",
    undefined,
  ];
  const keys = [first, ...others].map(failureKey);
  assertEquals(new Set(keys).size, keys.length);
});
