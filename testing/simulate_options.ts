import type { LinkOptions } from "./link_options.ts";

/** Options of {@linkcode simulate}. */
export interface SimulateOptions {
  /**
   * The seed of all random numbers, an integer from 0 to 2³² - 1. The same seed gives
   * the same events in the same order.
   *
   * @default {1}
   */
  readonly seed?: number | undefined;
  /**
   * The date at the start, or its milliseconds since 1970.
   *
   * @default {1893456000000} 2030-01-01T00:00:00Z
   */
  readonly start?: Date | number | undefined;
  /**
   * How long the test can take, in milliseconds of virtual time.
   *
   * @default {86400000} 24 hours
   */
  readonly maxTime?: number | undefined;
  /**
   * How many events can happen: timers, packets, calls that take time.
   *
   * @default {50000000}
   */
  readonly maxEvents?: number | undefined;
  /**
   * The options of all links that have none of their own. Defaults to those of
   * {@linkcode LinkOptions}.
   */
  readonly link?: LinkOptions | undefined;
  /**
   * The names of the only random faults that can happen, as `network.faults` lists them.
   * If omitted, all happen that the probabilities give. For a test of a failure that
   * {@linkcode explore} found.
   */
  readonly faults?: readonly string[] | undefined;
  /**
   * How many events `network.trace` keeps.
   *
   * @default {10000}
   */
  readonly maxTrace?: number | undefined;
}
