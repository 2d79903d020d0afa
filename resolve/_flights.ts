import { waitFor, type WaitOptions } from "../internal/wait/mod.ts";

/** Work under way, and how many wait for it. */
export interface Flight<V> {
  readonly work: Promise<V>;
  readonly controller: AbortController;
  /** Lets later callers start a flight of their own. */
  readonly land: () => void;
  /** Whether it goes on without callers now, for later ones to join. */
  readonly stays?: () => boolean;
  waiters: number;
}

/**
 * Work that several callers may wait for, each with its own patience: it is
 * cancelled when its last caller has left, and not before. `land` is called when
 * it ends or is cancelled.
 */
export function startFlight<V>(
  begin: (signal: AbortSignal) => Promise<V>,
  land: () => void,
): Flight<V> {
  const controller = new AbortController();
  const work = begin(controller.signal);
  work.then(land, land); // also: perhaps no caller is left to hear of a failure
  return { work, controller, land, waiters: 0 };
}

/** Leaves flights, and cancels those without callers that do not stay. */
export function leave(
  flights: Iterable<Flight<unknown>>,
  reason?: unknown,
): void {
  for (const flight of flights) {
    if (--flight.waiters > 0 || flight.stays?.()) continue;
    flight.land();
    flight.controller.abort(reason);
  }
}

/** Waits for the work that hangs on some flights, which are left together. */
export function board<V>(
  flights: Iterable<Flight<unknown>>,
  work: Promise<V>,
  wait: WaitOptions | undefined,
  timeoutError: () => Error,
): Promise<V> {
  for (const flight of flights) flight.waiters++;
  return waitFor(work, wait, timeoutError, (reason) => leave(flights, reason));
}
