import { checkWait, type Wait, type WaitOptions } from "./options.ts";
import { rejectTraced } from "./retrace.ts";
import { Timers } from "./timers.ts";

/** The timers of calls that belong to no endpoint. */
const FREE_TIMERS = new Timers();

/**
 * Calls `giveUp` once, when the signal aborts or the time runs out: with the
 * signal's reason, or with what `timeoutError` makes. The function returned
 * disarms it.
 *
 * A timeout leaves the event loop two more turns before it ends the wait. If the program
 * was busy when the time ran out, the runtime learns in the first what arrived in
 * time, and delivers it by the second, so that it can settle the call.
 *
 * `timers` decides whether the timeout keeps the program alive.
 */
export function arm(
  options: WaitOptions,
  timeoutError: () => Error,
  giveUp: (reason: unknown) => void,
  timers: Timers = FREE_TIMERS,
): () => void {
  const { signal, timeout = Infinity } = options;
  let stop: (() => void) | undefined;
  const disarm = () => {
    stop?.();
    signal?.removeEventListener("abort", onAbort);
  };
  const onAbort = () => {
    disarm();
    giveUp(signal!.reason);
  };
  const onTime = () => {
    disarm();
    giveUp(timeoutError());
  };
  signal?.addEventListener("abort", onAbort);
  if (timeout !== Infinity) {
    stop = timers.start(() => {
      stop = timers.start(() => stop = timers.start(onTime, 0), 0);
    }, timeout);
  }
  return disarm;
}

/**
 * Settles as `work` does, unless the signal aborts or the time runs out first.
 *
 * A cancelled wait abandons only the wait: `work` goes on, and its later failure is
 * not reported as unhandled. `onGiveUp` is where the caller cancels or takes
 * back what the work will yield.
 *
 * With `timeout: 0`, work that is settled already still wins.
 *
 * @throws {TypeError} If `timeout` is not a number.
 * @throws {RangeError} If `timeout` is negative or NaN.
 */
export function waitFor<T>(
  work: Promise<T>,
  options: WaitOptions | undefined,
  timeoutError: () => Error,
  onGiveUp?: (reason: unknown) => void,
  timers?: Timers,
): Promise<T> {
  let wait: Wait | undefined;
  try {
    wait = checkWait(options);
    if (wait === undefined) return work;
  } catch (error) {
    work.catch(() => {}); // abandoned work must not be an unhandled rejection
    onGiveUp?.(error);
    return Promise.reject(error);
  }
  return new Promise<T>((resolve, reject) => {
    const disarm = arm(wait, timeoutError, (reason) => {
      onGiveUp?.(reason);
      rejectTraced({ resolve, reject }, reason);
    }, timers);
    const disarmed = <V>(settle: (value: V) => void) => (value: V) => {
      disarm();
      settle(value);
    };
    work.then(disarmed(resolve), disarmed(reject));
  });
}
