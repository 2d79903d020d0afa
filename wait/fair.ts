/** The delay of the timer that shows whether timers run, in milliseconds. */
const DELAY = 3;
/** How late it may be before calls wait for it; Deno itself is 1 to 2 ms late. */
const SLACK = 3;
/** The most calls that complete between two looks at the clock. */
const MAX_CALLS = 8;
/** The same, if two looks are less than `DENSE` milliseconds apart. */
const MAX_QUICK_CALLS = 64;
const DENSE = 0.02;
/** If two looks are this far apart, in milliseconds, each call looks. */
const SPARSE = 0.25;
/** How many turns of the event loop are tried before the timer is awaited. */
const MAX_TURNS = 64;

// Captured, as tests of users may replace them by a clock of their own.
const startTimer = AbortSignal.timeout.bind(AbortSignal);
const startTurn = setImmediate;

/**
 * A signal whose timer shows whether the runtime runs timers. Unlike that of
 * `setTimeout`, it keeps no program alive while nobody listens to it, and the
 * sanitizers of `deno test` do not count it.
 */
let marker: AbortSignal | undefined;
/** When timers are starved if the marker has not fired, in milliseconds. */
let dueAt = 0;
let lookedAt = 0;
/** How many calls complete from one look at the clock to the next. */
let stride = 1;
let callsLeft = 0;
/** Calls that wait for the turn of the event loop. */
const waiting: (() => void)[] = [];

/**
 * Returns whether timers are late because calls complete at once, one after
 * another, and never let the event loop run. For each call that completes at
 * once; it costs a decrement, and every few calls a look at the clock.
 *
 * In Deno 2.9 a loop of awaits that never wait starves timers for ever, and
 * while operations of the runtime keep completing, it looks at timers only
 * about every 61st turn. `tests/wait/fair_test.ts` watches it.
 */
export function isLoopStarved(): boolean {
  if (--callsLeft > 0) return false;
  const now = performance.now();
  const elapsed = now - lookedAt;
  const most = elapsed < DENSE ? MAX_QUICK_CALLS : MAX_CALLS;
  stride = elapsed > SPARSE ? 1 : Math.min(stride * 2, most);
  lookedAt = now;
  callsLeft = stride;
  if (marker === undefined || marker.aborted) {
    marker = startTimer(DELAY);
    dueAt = now + DELAY + SLACK;
    return waiting.length > 0;
  }
  if (now < dueAt) return false;
  callsLeft = 0; // all calls wait now, until the marker has fired
  return true;
}

/** Calls back, in the order of the calls, when the runtime has run its timers. */
export function afterTurn(callback: () => void): void {
  waiting.push(callback);
  if (waiting.length === 1) runTurn();
}

async function runTurn(): Promise<void> {
  const signal = marker;
  if (signal !== undefined) await untilFired(signal);
  for (const callback of waiting.splice(0)) callback();
}

async function untilFired(signal: AbortSignal): Promise<void> {
  // One turn is enough most times, and is over sooner than the event comes.
  for (let turn = 0; turn < MAX_TURNS && !signal.aborted; turn++) {
    await new Promise<void>((resolve) => startTurn(resolve));
  }
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Resolves when the runtime has run its timers. */
export function nextTurn(): Promise<void> {
  return new Promise(afterTurn);
}

/**
 * Resolves with the result of a call that completed at once; if the event loop
 * is starved, after it has had its turn.
 */
export function resolveFairly<T>(result: T): Promise<T> {
  if (!isLoopStarved()) return Promise.resolve(result);
  return new Promise((resolve) => afterTurn(() => resolve(result)));
}

/** Rejects with the error of a call that failed at once, just as fairly. */
export function rejectFairly(error: unknown): Promise<never> {
  if (!isLoopStarved()) return Promise.reject(error);
  return new Promise((_, reject) => afterTurn(() => reject(error)));
}
