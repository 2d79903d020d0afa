import { checkInteger, checkNumber, checkType } from "../internal/check/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { StreamConn } from "../stream/mod.ts";

/** How to keep connections for use by many. Times are in milliseconds. */
export interface PoolOptions<C extends StreamConn = StreamConn> {
  /**
   * The most connections at a time, those that are being made included.
   *
   * @default {10}
   */
  max?: number | undefined;
  /**
   * How long a connection that nobody uses is kept; 0 closes it at once.
   *
   * @default {60_000}
   */
  idle?: number | undefined;
  /**
   * How long after it was made a connection is closed, once nobody uses it.
   *
   * @default {Infinity}
   */
  lifetime?: number | undefined;
  /**
   * Returns whether a connection can still be used, before it is used again after
   * `checkAfter`. One that fails, or whose check throws, is replaced by a new one.
   * Defaults to no check.
   */
  check?:
    | ((conn: C, options: WaitOptions) => boolean | Promise<boolean>)
    | undefined;
  /**
   * After how long without use a connection is checked; 0 checks it each time.
   *
   * @default {1000}
   */
  checkAfter?: number | undefined;
  /**
   * How long it may take to make a connection, with `onConnect`, and to check one.
   *
   * @default {30_000}
   */
  timeout?: number | undefined;
  /**
   * How many calls may wait for a connection. Further ones reject with `ENOBUFS`.
   *
   * @default {1000}
   */
  maxWaiting?: number | undefined;
  /**
   * Called with each new connection, before anyone gets it: to log in, for instance. If
   * it throws, the connection is closed. Its signal aborts when the time is up.
   */
  onConnect?:
    | ((conn: C, options: WaitOptions) => void | Promise<void>)
    | undefined;
}

/** What a {@linkcode ConnPool} holds, and what it has done. */
export interface PoolStats {
  /** How many connections are open: `idle`, in use, or being checked. */
  readonly open: number;
  /** How many of them nobody uses. */
  readonly idle: number;
  /** How many of them are in use. */
  readonly leased: number;
  /** How many connections are being made. */
  readonly connecting: number;
  /** How many calls wait for one. */
  readonly waiting: number;
  /** How many connections were made so far. */
  readonly opened: number;
  /** How many attempts to make one have failed. */
  readonly failed: number;
  /** How many connections were closed since they were broken or failed their check. */
  readonly discarded: number;
}

/** Options that were read. */
export interface PoolSettings<C extends StreamConn> {
  readonly max: number;
  readonly idle: number;
  readonly lifetime: number;
  readonly check: PoolOptions<C>["check"];
  readonly checkAfter: number;
  readonly timeout: number;
  readonly maxWaiting: number;
  readonly onConnect: PoolOptions<C>["onConnect"];
}

/** Reads each option once, and refuses bad ones. */
export function readPoolOptions<C extends StreamConn>(
  options: PoolOptions<C>,
): PoolSettings<C> {
  const { max = 10, idle = 60_000, lifetime = Infinity } = options;
  const { check, checkAfter = 1000, timeout = 30_000 } = options;
  const { maxWaiting = 1000, onConnect } = options;
  checkInteger("max", max, 1);
  checkInteger("maxWaiting", maxWaiting, 1);
  for (
    const [name, value] of Object.entries({
      idle,
      lifetime,
      checkAfter,
      timeout,
    })
  ) {
    checkNumber(name, value, 0);
  }
  checkType("check", check, "function");
  checkType("onConnect", onConnect, "function");
  return {
    ...{ max, idle, lifetime, check, checkAfter },
    ...{ timeout, maxWaiting, onConnect },
  };
}
