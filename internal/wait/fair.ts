/** The least time between two turns that are asked for, in milliseconds. */
const PAUSE = 2;
/** How long a turn may take to come before calls wait for it, in milliseconds. */
const PATIENCE = 2;
/** The most calls that complete between two looks at the clock. */
const MAX_CALLS = 8;
/** The same, if two looks are less than `DENSE` milliseconds apart. */
const MAX_QUICK_CALLS = 64;
const DENSE = 0.02;
/** If two looks are this far apart, in milliseconds, each call looks. */
const SPARSE = 0.25;

/** Whether a turn of the event loop was asked for, and has not come yet. */
let isPending = false;
let askForTurn: typeof setImmediate | undefined;
let askedAt = 0;
let lookedAt = 0;
/** How many calls complete from one look at the clock to the next. */
let stride = 1;
let callsLeft = 0;
/** Whether the clock stands still for the programs of a simulation. */
let isSuspended = false;
/** Calls that wait for the turn. */
const waiting: (() => void)[] = [];

/**
 * Returns whether calls complete at once, one after another, and have not let the
 * event loop run for some milliseconds. For each call that completes at once; it
 * costs a decrement, and every few calls a look at the clock.
 *
 * In Deno 2.9 a loop of awaits that never wait starves timers, signals and the
 * rest of the network. `tests/internal/wait/fair_test.ts` watches it.
 */
export function isLoopStarved(): boolean {
  if (--callsLeft > 0) return false;
  const now = performance.now();
  if (lookedAt === 0) askedAt = now; // a short program never asks
  const elapsed = now - lookedAt;
  const most = elapsed < DENSE ? MAX_QUICK_CALLS : MAX_CALLS;
  stride = elapsed > SPARSE ? 1 : Math.min(stride * 2, most);
  lookedAt = now;
  callsLeft = stride;
  const age = now - askedAt;
  if (!isPending) {
    if (age >= PAUSE) ask(now);
    return false;
  }
  if (age < PATIENCE) return false;
  callsLeft = 0; // all calls look, and wait, until the turn comes
  return true;
}

/**
 * An immediate shows that the event loop runs. No sanitizer of tests counts it. The
 * runtime loads `node:timers` when the name is first used, so not before here; later
 * a test of a user may replace it.
 */
function ask(now: number): void {
  isPending = true;
  askedAt = now;
  askForTurn ??= setImmediate;
  askForTurn(onTurn);
}

function onTurn(): void {
  isPending = false;
  for (const callback of waiting.splice(0)) callback();
}

/** Calls back, in the order of the calls, in the next turn of the event loop. */
export function afterTurn(callback: () => void): void {
  if (isSuspended) return void setImmediate(callback);
  waiting.push(callback);
  if (!isPending) ask(performance.now());
}

/** Resolves in the next turn of the event loop, when timers have fired. */
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

/**
 * Stops counting the calls that complete at once, and looking at the clock, until the
 * function that it returns is called. For simulations: their time moves only when all
 * programs wait, and what a program does must not depend on the real clock.
 */
export function suspendFairness(): () => void {
  isSuspended = true;
  callsLeft = Infinity;
  return () => {
    isSuspended = false;
    callsLeft = 0;
  };
}
