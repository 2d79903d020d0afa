import { checkNumber } from "../check/mod.ts";

/** How long a call may wait, and what may end the wait early. */
export interface WaitOptions {
  /** Ends the wait when aborted; the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
  /**
   * The longest wait in milliseconds; the call then rejects with a
   * `SocketError` of code `ETIMEDOUT`. `0` allows only what can be done at
   * once; leave it out, or pass `Infinity`, to wait without a limit.
   *
   * @default {Infinity}
   */
  timeout?: number | undefined;
}

/** Wait options as a call uses them: checked, and read once. */
export interface Wait {
  /** Ends the wait when aborted. */
  readonly signal: AbortSignal | undefined;
  /** The longest wait in milliseconds. */
  readonly timeout: number;
}

/**
 * Reads the options once, and returns what they limit a wait to, or undefined if
 * they set no limit. Throws for options that cannot be honoured, before anything
 * is begun.
 *
 * @throws {TypeError} If `timeout` is not a number, or `signal` not an `AbortSignal`.
 * @throws {RangeError} If `timeout` is negative or NaN.
 * @throws The signal's reason, if it is aborted already.
 */
export function checkWait(options: WaitOptions | undefined): Wait | undefined {
  if (options === undefined || options === null) return undefined;
  const { signal, timeout = Infinity } = options;
  checkNumber("timeout", timeout, 0);
  if (signal !== undefined) {
    if (typeof signal?.throwIfAborted !== "function") {
      throw new TypeError("Cannot wait: signal must be an AbortSignal");
    }
    signal.throwIfAborted();
  }
  return signal === undefined && timeout === Infinity
    ? undefined
    : { signal, timeout };
}
