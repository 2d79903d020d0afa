import { checkWait, isBounded, type WaitOptions } from "./options.ts";

/** `setTimeout` keeps its delay in 31 bits; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

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
  const { signal, timeout } = options!;
  try {
    checkWait(options);
  } catch (error) {
    onGiveUp?.(error);
    return Promise.reject(error);
  }
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const giveUp = (reason: unknown) => {
      end();
      onGiveUp?.(reason);
      reject(reason);
    };
    const onAbort = () => giveUp(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    if (timeout !== undefined && timeout !== Infinity) {
      timer = setTimeout(
        () => giveUp(timeoutError()),
        Math.min(timeout, MAX_DELAY),
      );
    }
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });
}
