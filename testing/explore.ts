import { checkInteger, showValue } from "../internal/check/mod.ts";
import { failureKey } from "./_same_failure.ts";
import { shrinkFaults } from "./_shrink.ts";
import { ExploreError } from "./explore_error.ts";
import type { Network } from "./network.ts";
import { simulate } from "./simulate.ts";
import type { SimulateOptions } from "./simulate_options.ts";

/** The largest seed. */
const MAX_SEED = 2 ** 32 - 1;

/** Options of {@linkcode explore}: those of `simulate`, and how many seeds to run. */
export interface ExploreOptions extends SimulateOptions {
  /**
   * How many seeds to run: `seed`, the next one, and so on.
   *
   * @default {100}
   */
  readonly runs?: number | undefined;
  /**
   * The first seed.
   *
   * @default {1}
   */
  readonly seed?: number | undefined;
  /**
   * How many more runs to make of a seed that fails, to find out which of its random
   * faults it needs. 0 for none.
   *
   * @default {200}
   */
  readonly maxShrinkRuns?: number | undefined;
}

/** How a run ended. */
interface Run {
  readonly network: Network;
  readonly error: unknown;
  readonly key: string;
}

/**
 * Runs a test in a simulated network with many seeds, one after the other, and stops at
 * the first that fails. It then runs that seed with fewer and fewer of the random faults
 * that happened (packets that were lost, doubled or overtaken, and each
 * `network.chance()` that was true), as long as the test fails in the same way: with the
 * same class and code of error, and the same first line of its message, not counting
 * numbers. The error that it throws says what is left: usually the one packet that
 * matters.
 *
 * A test that fails must not leave anything behind that changes the next run: make all
 * that it needs inside of it. If a second run of the seed does something else, the error
 * says so.
 *
 * The same options always give the same result.
 *
 * @throws {ExploreError} If the test fails with one of the seeds.
 * @throws {TypeError} If `test` is not a function.
 * @throws {RangeError} If an option is out of range.
 *
 * @example A retry that is missing
 * ```ts
 * import { explore, ExploreError } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const options = { runs: 50, link: { loss: 0.02 } };
 * const error = await assertRejects(() =>
 *   explore(options, async (network) => {
 *     const server = network.host("server");
 *     const client = network.host("client");
 *     using answers = await server.bindUdp({ port: 7 });
 *     void (async () => {
 *       for await (const { data, address } of answers) {
 *         await answers.sendTo(data, address);
 *       }
 *     })();
 *     using socket = await client.connectUdp({ hostname: "server", port: 7 });
 *     for (let i = 0; i < 10; i++) {
 *       await socket.send("ping");
 *       await socket.receive({ timeout: 1000 });
 *     }
 *   }), ExploreError);
 * assertEquals(error.faults.length, 1); // one lost packet is enough
 * ```
 */
export async function explore(
  options: ExploreOptions,
  test: (network: Network) => Promise<void> | void,
): Promise<void> {
  if (typeof test !== "function") {
    throw new TypeError(
      `Cannot explore ${
        showValue(test)
      }: the test must be a function, after the options`,
    );
  }
  const { runs = 100, seed = 1, maxShrinkRuns = 200, ...settings } = options;
  checkInteger("runs", runs, 1);
  checkInteger("seed", seed, 0, MAX_SEED - runs + 1);
  checkInteger("maxShrinkRuns", maxShrinkRuns, 0);

  for (let i = 0; i < runs; i++) {
    const runSettings = { ...settings, seed: seed + i };
    const failed = await runOnce(runSettings, test);
    if (failed === undefined) continue;
    throw await examine(failed, i + 1, runSettings, test, maxShrinkRuns);
  }
}

/** Finds out what a run that failed needs to fail. */
async function examine(
  failed: Run,
  run: number,
  settings: SimulateOptions & { seed: number },
  test: (network: Network) => Promise<void> | void,
  maxRuns: number,
): Promise<ExploreError> {
  const { seed } = settings;
  const before = failed.network.faults;
  const hasOptions = Object.keys(settings).length > 1;
  const finding = { seed, run, faultsBefore: before.length, hasOptions };
  const unshrunk = {
    ...finding,
    ...{ faults: before, shrinkRuns: 0, isMinimal: before.length === 0 },
    ...{ trace: failed.network.trace, cause: failed.error },
  };
  if (maxRuns === 0) {
    return new ExploreError({ ...unshrunk, isRepeatable: true });
  }
  const again = await runOnce(settings, test);
  if (!isSame(failed, again)) {
    return new ExploreError({ ...unshrunk, isRepeatable: false });
  }
  let last = failed;
  const failsWith = async (faults: readonly string[]) => {
    const tried = await runOnce({ ...settings, faults }, test);
    if (tried?.key !== failed.key) return undefined;
    last = tried;
    return tried.network.faults;
  };
  const shrunk = await shrinkFaults(before, failsWith, maxRuns);
  return new ExploreError({
    ...finding,
    ...{ faults: shrunk.faults, shrinkRuns: shrunk.runs },
    ...{ isMinimal: shrunk.isMinimal, isRepeatable: true },
    ...{ trace: last.network.trace, cause: last.error },
  });
}

/** Runs the test once; undefined if it passes. */
async function runOnce(
  settings: SimulateOptions,
  test: (network: Network) => Promise<void> | void,
): Promise<Run | undefined> {
  let network: Network | undefined;
  try {
    await simulate(settings, (started) => {
      network = started;
      return test(started);
    });
    return undefined;
  } catch (error) {
    if (network === undefined) throw error; // about the options
    return { network, error, key: failureKey(error) };
  }
}

/** Whether two runs did the same, event by event, and took the same time. */
function isSame(first: Run, second: Run | undefined): boolean {
  return second?.key === first.key &&
    second.network.now === first.network.now &&
    String(second.network.trace) === String(first.network.trace);
}
