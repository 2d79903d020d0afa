import {
  AddrInfoError,
  NotCapableError,
  NotSupportedError,
  SocketError,
} from "../errors/mod.ts";
import { checkCount, checkNumber, checkType } from "../internal/check/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { StreamConn } from "../stream/mod.ts";

/** How long to wait between attempts to connect, in milliseconds. */
export interface BackoffOptions {
  /**
   * The longest wait after the first failure. Each further failure doubles it; the wait
   * itself is drawn at random, from 0 up to that. 0 is never to wait.
   *
   * @default {200}
   */
  initial?: number | undefined;
  /**
   * The longest wait after any number of failures.
   *
   * @default {30_000}
   */
  max?: number | undefined;
  /**
   * How long a connection has to last for the failures before it to be forgotten. One
   * that ends sooner counts as a failure.
   *
   * @default {10_000}
   */
  stable?: number | undefined;
}

/** What a {@linkcode Reconnector} is doing. */
export type ReconnectState<C extends StreamConn = StreamConn> =
  | {
    /** It connects, and runs `onConnect`. */
    readonly name: "connecting";
    /** 1, and one more for each failure in a row. */
    readonly attempt: number;
  }
  | {
    /** It has a connection. */
    readonly name: "connected";
    readonly conn: C;
  }
  | {
    /** It waits before it connects again. */
    readonly name: "waiting";
    /** How long it waits, in milliseconds. */
    readonly delay: number;
    /** Why the attempt failed; undefined for a connection that ended. */
    readonly error: unknown;
  }
  | {
    /** It was closed, or has stopped for an error. */
    readonly name: "closed";
    /** The error; undefined after `close`. */
    readonly error: unknown;
  };

/** How to stay connected. */
export interface ReconnectOptions<C extends StreamConn = StreamConn> {
  /** How long to wait between attempts. Defaults to the default of each of its options. */
  backoff?: BackoffOptions | undefined;
  /**
   * How long an attempt may take, with `onConnect`, in milliseconds.
   *
   * @default {30_000}
   */
  timeout?: number | undefined;
  /**
   * After how many failures in a row it stops.
   *
   * @default {Infinity}
   */
  maxFailures?: number | undefined;
  /**
   * Called with each new connection, before anyone else gets it: to log in, for
   * instance. If it throws, the attempt has failed. Its signal aborts when the time is
   * up.
   */
  onConnect?:
    | ((conn: C, options: WaitOptions) => void | Promise<void>)
    | undefined;
  /**
   * Returns whether to try again after an attempt that failed. Defaults to true for all
   * errors but those that stay: a missing permission, what a backend cannot do, and bad
   * arguments (`TypeError`, `RangeError`, `SyntaxError`).
   */
  shouldRetry?: ((error: unknown) => boolean) | undefined;
  /** Called after each change of the state, with the new one. */
  onState?: ((state: ReconnectState<C>) => void) | undefined;
}

/** Options that were read. */
export interface ReconnectSettings<C extends StreamConn> {
  readonly initial: number;
  readonly max: number;
  readonly stable: number;
  readonly timeout: number;
  readonly maxFailures: number;
  readonly onConnect: ReconnectOptions<C>["onConnect"];
  readonly shouldRetry: (error: unknown) => boolean;
  readonly onState: ReconnectOptions<C>["onState"];
}

/** Reads each option once, and refuses bad ones. */
export function readReconnectOptions<C extends StreamConn>(
  options: ReconnectOptions<C>,
): ReconnectSettings<C> {
  const { backoff = {}, timeout = 30_000, maxFailures = Infinity } = options;
  const { onConnect, shouldRetry = isPassing, onState } = options;
  const { initial = 200, max = 30_000, stable = 10_000 } = backoff;
  checkNumber("initial", initial, 0);
  checkNumber("max", max, 0);
  checkNumber("stable", stable, 0);
  checkNumber("timeout", timeout, 0);
  if (maxFailures !== Infinity) checkCount("maxFailures", maxFailures);
  for (
    const [name, value] of Object.entries({ onConnect, shouldRetry, onState })
  ) {
    checkType(name, value, "function");
  }
  return {
    ...{ initial, max, stable, timeout, maxFailures },
    ...{ onConnect, shouldRetry, onState },
  };
}

/** Whether another attempt may end otherwise. */
function isPassing(error: unknown): boolean {
  if (error instanceof SocketError || error instanceof AddrInfoError) {
    return !(error instanceof NotCapableError) &&
      !(error instanceof NotSupportedError);
  }
  return ![TypeError, RangeError, SyntaxError].some((kind) =>
    error instanceof kind
  );
}
