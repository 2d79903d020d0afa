import { checkWait, isBounded, type WaitOptions } from "./options.ts";
import { rejectTraced } from "./retrace.ts";

/** `setTimeout` keeps its delay in 31 bits; a longer one would fire at once. */
export const MAX_DELAY: number = 2 ** 31 - 1;

/**
 * Calls `giveUp` once, when the signal aborts or the time runs out: with the
 * signal's reason, or with what `timeoutError` makes. The function returned
 * disarms it.
 */
export function arm(
  options: WaitOptions,
  timeoutError: () => Error,
  giveUp: (reason: unknown) => void,
): () => void {
  const { signal, timeout } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const disarm = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  const onAbort = () => {
    disarm();
    giveUp(signal!.reason);
  };
  signal?.addEventListener("abort", onAbort);
  if (timeout !== undefined && timeout !== Infinity) {
    timer = setTimeout(() => {
      disarm();
      giveUp(timeoutError());
    }, Math.min(timeout, MAX_DELAY));
  }
  return disarm;
}

/**
 * Settles as `work` does, unless the signal aborts or the time runs out first.
 *
 * Giving up abandons only the wait: `work` goes on, and its later failure is
 * not reported as unhandled. `onGiveUp` is where the caller cancels or takes
 * back what the work will yield.
 *
 * With `timeout: 0`, work that is settled already still wins.
 *
 * @throws {RangeError} When `timeout` is negative or not a number.
 */
export function waitFor<T>(
  work: Promise<T>,
  options: WaitOptions | undefined,
  timeoutError: () => Error,
  onGiveUp?: (reason: unknown) => void,
): Promise<T> {
  if (!isBounded(options)) return work;
  work.catch(() => {}); // abandoned work must not be an unhandled rejection
  try {
    checkWait(options);
  } catch (error) {
    onGiveUp?.(error);
    return Promise.reject(error);
  }
  return new Promise<T>((resolve, reject) => {
    const disarm = arm(options!, timeoutError, (reason) => {
      onGiveUp?.(reason);
      rejectTraced({ resolve, reject }, reason);
    });
    work.then(
      (value) => {
        disarm();
        resolve(value);
      },
      (error) => {
        disarm();
        reject(error);
      },
    );
  });
}
