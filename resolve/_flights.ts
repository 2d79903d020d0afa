import { waitFor, type WaitOptions } from "../wait/mod.ts";

/** Work under way, and those who wait for it. */
export interface Flight<V> {
  readonly work: Promise<V>;
  readonly controller: AbortController;
  waiters: number;
}

/**
 * Work that several callers may wait for, each with its own patience: it is
 * cancelled when the last of them has given up, and not before.
 */
export function startFlight<V>(
  begin: (signal: AbortSignal) => Promise<V>,
): Flight<V> {
  const controller = new AbortController();
  const work = begin(controller.signal);
  work.catch(() => {}); // those who wait hear of it; perhaps nobody does
  return { work, controller, waiters: 0 };
}

/** Waits for a flight; `onEmpty` runs when nobody waits for it any more. */
export function board<V>(
  flight: Flight<V>,
  wait: WaitOptions | undefined,
  timeoutError: () => Error,
  onEmpty: () => void,
): Promise<V> {
  flight.waiters++;
  return waitFor(flight.work, wait, timeoutError, (reason) => {
    if (--flight.waiters > 0) return;
    onEmpty();
    flight.controller.abort(reason);
  });
}
