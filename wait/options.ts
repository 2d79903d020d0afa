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

/**
 * Throws for wait options that cannot be honoured, before anything is begun.
 *
 * @throws {RangeError} When `timeout` is negative or not a number.
 * @throws The signal's reason, when it is aborted already.
 */
export function checkWait(options: WaitOptions | undefined): void {
  const timeout = options?.timeout;
  if (timeout !== undefined && !(timeout >= 0)) {
    throw new RangeError(
      `Cannot wait for ${timeout} ms: timeout must be 0 or more`,
    );
  }
  options?.signal?.throwIfAborted();
}

/** Whether these options can end a wait at all; when not, waiting costs nothing extra. */
export function isBounded(options: WaitOptions | undefined): boolean {
  return options !== undefined &&
    (options.signal !== undefined ||
      (options.timeout !== undefined && options.timeout !== Infinity));
}
