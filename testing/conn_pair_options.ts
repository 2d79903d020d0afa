import { checkCount, checkInteger } from "../internal/check/mod.ts";
import { checkFaults } from "./_check_faults.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** How many bytes may be under way in each direction by default. */
const DEFAULT_WINDOW_SIZE = 64 * 1024;
/** The largest window. */
const MAX_WINDOW_SIZE = 1 << 30;

/** What the two ends are like. */
export interface ConnPairOptions {
  /**
   * How many bytes may be under way in each direction, 1 to 2^30, before a sender has
   * to wait for its peer.
   *
   * @default {65536}
   */
  windowSize?: number | undefined;
  /**
   * How many queued bytes make `send` wait: 1 or more.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
  /** What goes wrong with the bytes to the server. Defaults to nothing. */
  toServer?: StreamFaults | undefined;
  /** What goes wrong with the bytes to the client. Defaults to nothing. */
  toClient?: StreamFaults | undefined;
}

/** Options that were read once and checked. */
export type ReadPairOptions = ConnPairOptions & {
  readonly windowSize: number;
  readonly toServer: StreamFaults;
  readonly toClient: StreamFaults;
};

/** Reads the options once. */
export function readPairOptions(options: ConnPairOptions): ReadPairOptions {
  const {
    windowSize = DEFAULT_WINDOW_SIZE,
    highWaterMark,
    toServer,
    toClient,
  } = options;
  checkInteger("windowSize", windowSize, 1, MAX_WINDOW_SIZE);
  checkCount("highWaterMark", highWaterMark);
  return {
    windowSize,
    highWaterMark,
    toServer: checkFaults(toServer),
    toClient: checkFaults(toClient),
  };
}
