/**
 * Waits for the outcomes of several queries about one name; but once one has
 * records, for the others no longer than they deserve: RFC 8305 section 3.
 */
import type { Outcome } from "./_source.ts";

/** One of the queries. */
export interface Part {
  /** Its outcome, known or to come. */
  readonly outcome: Outcome | Promise<Outcome>;
  /** How long it is waited for once another one has records, in milliseconds. */
  readonly delay: number;
  /** Whether it waits for a socket, and no server for it. */
  readonly isQueued?: () => boolean;
}

/** A timer that is late by so many milliseconds shows that the event loop was busy. */
const BUSY_MS = 10;
/** How often a delay begins anew because the event loop was busy. */
const MAX_BUSY = 3;

/** The outcomes, undefined for those that are late; `stop` ends the wait. */
export function gather(
  parts: readonly Part[],
): { outcomes: Promise<(Outcome | undefined)[]>; stop: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<
    (Outcome | undefined)[]
  >();
  const outcomes: (Outcome | undefined)[] = parts.map(() => undefined);
  const open = new Set(parts.keys());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(timer);
  const finish = () => {
    stop();
    resolve([...outcomes]);
  };
  /** Waits for the rest, after the event loop was too busy so many times. */
  const delayRest = (busy: number) => {
    const rest = [...open].map((index) => parts[index]!);
    const delay = Math.max(...rest.map(({ delay }) => delay));
    const due = performance.now() + delay;
    timer = setTimeout(() => {
      const wasBusy = performance.now() - due > BUSY_MS;
      if (rest.some(({ isQueued }) => isQueued?.())) delayRest(busy);
      else if (wasBusy && busy < MAX_BUSY) delayRest(busy + 1);
      else finish();
    }, delay);
  };
  const settle = (index: number, outcome: Outcome) => {
    outcomes[index] = outcome;
    open.delete(index);
    if (open.size === 0) return finish();
    if (outcome.status !== "found" || timer !== undefined) return;
    delayRest(0);
  };
  for (const [index, { outcome }] of parts.entries()) {
    if (!(outcome instanceof Promise)) settle(index, outcome);
    else {
      outcome.then((outcome) => settle(index, outcome), (error) => {
        stop();
        reject(error);
      });
    }
  }
  return { outcomes: promise, stop };
}
