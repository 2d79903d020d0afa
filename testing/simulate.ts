import { checkInteger, checkNumber, showValue } from "../internal/check/mod.ts";
import { loadTls } from "../tls/_seam.ts";
import { describeFailure } from "./_sim/failure.ts";
import { watchTlsStreams } from "./_sim/host/tls_streams.ts";
import { Driver, World } from "./_sim/time/mod.ts";
import { Network } from "./network.ts";
import type { SimulateOptions } from "./simulate_options.ts";

/** The largest seed. */
const MAX_SEED = 2 ** 32 - 1;
/** 2030-01-01T00:00:00Z, in milliseconds since 1970. */
const DEFAULT_START = 1_893_456_000_000;
/** The latest date that `Date` knows. */
const MAX_DATE = 8.64e15;
const DEFAULT_MAX_TIME = 86_400_000;
const DEFAULT_MAX_EVENTS = 50_000_000;

type Test<T> = (network: Network) => T | PromiseLike<T>;

/**
 * Runs a test in a simulated network, in virtual time, and resolves with its result.
 *
 * Inside of the test `setTimeout`, `setInterval`, `setImmediate`, `Date`,
 * `performance.now()`, `AbortSignal.timeout()` and every timer of this library follow a
 * clock that jumps to the next event as soon as all programs wait: an hour takes
 * milliseconds. `Math.random()` and `crypto.getRandomValues()` follow from the seed.
 * Code outside of the test keeps the real ones, also while the test runs. The same seed
 * gives the same events in the same order; {@linkcode explore} runs many seeds.
 *
 * When the test has settled, everything that still runs inside ends as in a power cut:
 * its timers never fire, and its pending promises stay pending.
 *
 * The error of a failing test is the one that it threw. Its message has the seed added,
 * and `error.simulation.trace` is the trace of the network. An error that no program
 * handles, in the callback of a timer or in a promise, fails the test, too.
 *
 * Real I/O inside of the test fails with an error; `network.real()` is the way around
 * it. One simulation can run at a time in a process.
 *
 * @throws {TypeError} If `test` is not a function.
 * @throws {RangeError} If an option is out of range.
 * @throws {Error} If the test waits for something that never happens, or takes longer
 *   than `maxTime` or `maxEvents`.
 *
 * @example An idle hour
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assert } from "@std/assert";
 *
 * await simulate(async (network) => {
 *   const server = network.host("server");
 *   const client = network.host("client");
 *   using listener = await server.listenTcp({ port: 80 });
 *   using conn = await client.connectTcp({ hostname: "server", port: 80 });
 *   using accepted = await listener.accept();
 *
 *   const before = performance.now();
 *   await accepted.readLine({ timeout: 3_600_000 }).catch(() => {});
 *   assert(performance.now() - before >= 3_600_000);
 * });
 * ```
 *
 * @example The error of a failing test
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertRejects } from "@std/assert";
 *
 * const failing = () =>
 *   simulate({ seed: 42 }, () => {
 *     throw new RangeError("out of luck");
 *   });
 * await assertRejects(failing, RangeError, "out of luck (seed 42)");
 * ```
 */
export function simulate<T>(
  test: (network: Network) => T | PromiseLike<T>,
): Promise<T>;
/**
 * Runs a test in a simulated network that these options describe.
 *
 * @example The same seed, the same numbers
 * ```ts
 * import { simulate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = () => simulate({ seed: 42 }, () => [Math.random(), Date.now()]);
 * assertEquals(await numbers(), await numbers());
 * ```
 */
export function simulate<T>(
  options: SimulateOptions,
  test: (network: Network) => T | PromiseLike<T>,
): Promise<T>;
export async function simulate<T>(
  ...args: [Test<T>] | [SimulateOptions, Test<T>]
): Promise<T> {
  const [options, test] = args.length === 1 ? [{}, args[0]] : args;
  if (typeof test !== "function") {
    throw new TypeError(
      `Cannot simulate ${showValue(test)}: the test must be a function`,
    );
  }
  const {
    seed = 1,
    start = DEFAULT_START,
    maxTime = DEFAULT_MAX_TIME,
    maxEvents = DEFAULT_MAX_EVENTS,
    link,
    faults,
    maxTrace,
  } = options;
  checkInteger("seed", seed, 0, MAX_SEED);
  checkNumber("maxTime", maxTime, 0);
  checkNumber("maxEvents", maxEvents, 0);
  const world = new World(seed, checkStart(start));
  const network = new Network(world, { link, faults, maxTrace });
  await loadTls(); // not inside, where the clock would not wait for it
  let freeTls = () => {};
  try {
    return await new Driver(world, maxEvents, maxTime).run(() => {
      freeTls = watchTlsStreams();
      return test(network);
    });
  } catch (error) {
    if (!world.isOver) throw error; // it has not begun, beside another one
    const { refused, where } = world;
    const { trace } = network;
    throw describeFailure(error, { seed, trace, refused, where });
  } finally {
    freeTls();
  }
}

/** Returns the milliseconds of the option `start`. */
function checkStart(start: Date | number): number {
  const milliseconds = start instanceof Date ? start.getTime() : start;
  return checkInteger("start", milliseconds, 0, MAX_DATE);
}
