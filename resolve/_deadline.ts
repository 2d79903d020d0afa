import type { WaitOptions } from "../internal/wait/mod.ts";

/**
 * The same options for several waits in a row, whose `timeout` is what is left
 * of the time at each.
 */
export function deadlineOf(wait: WaitOptions): WaitOptions {
  const { signal, timeout = Infinity } = wait;
  if (timeout === 0 || timeout === Infinity) return wait;
  const end = performance.now() + timeout;
  return {
    signal,
    get timeout() {
      return Math.max(end - performance.now(), 0);
    },
  };
}
