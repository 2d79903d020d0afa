import { Driver } from "./driver.ts";
import { World } from "./world.ts";

/** Options of {@linkcode runInVirtualTime}. */
export interface VirtualTimeOptions {
  /** What the random numbers follow from, 0 to 2³² - 1. */
  readonly seed: number;
  /** `Date.now()` at the start. Defaults to the start of 2030. */
  readonly start?: number;
  /** The most events. Defaults to 50 million. */
  readonly maxEvents?: number;
  /** The most virtual time, in milliseconds. Defaults to 24 hours. */
  readonly maxTime?: number;
}

/** The default of `start`. */
const START = 1_893_456_000_000; // 2030-01-01T00:00:00Z

/**
 * Runs a test in virtual time, and resolves with its result. When it has settled, all
 * timers and pending promises of the simulation are dropped.
 */
export async function runInVirtualTime<T>(
  options: VirtualTimeOptions,
  test: (world: World) => T | PromiseLike<T>,
): Promise<T> {
  const { seed, start = START, maxEvents = 50_000_000, maxTime = 86_400_000 } =
    options;
  const world = new World(seed, start);
  return await new Driver(world, maxEvents, maxTime).run(() => test(world));
}
