/**
 * What every call that waits has in common: an `AbortSignal`, a timeout in
 * milliseconds, and cancellation without harm to the work below.
 *
 * Private to the package: the types that users see are re-exported by the
 * folders that use them.
 *
 * - {@linkcode WaitOptions}: the `{ signal, timeout }` of every waiting call.
 * - {@linkcode checkWait}: reads and checks the options, and refuses aborted signals.
 * - {@linkcode arm}: calls back when the options end a wait.
 * - {@linkcode waitFor}: waits for a promise, but no longer than the options allow.
 * - {@linkcode CallQueue}: the calls that wait for one source, in their order.
 * - {@linkcode Chain}: a doubly linked list.
 * - {@linkcode Deferred}: a promise and what settles it.
 * - {@linkcode Timers}: the timers of an endpoint, which follow its `ref` and `unref`.
 * - {@linkcode resolveFairly}, {@linkcode rejectFairly}, {@linkcode isLoopStarved},
 *   {@linkcode afterTurn}, {@linkcode nextTurn}: leave the event loop its turn beside
 *   calls that complete at once.
 * - {@linkcode suspendFairness}: stops that while a simulation runs.
 * - {@linkcode MAX_DELAY}: the longest delay that a timer keeps.
 * - {@linkcode retrace}, {@linkcode rejectTraced}: have the stack of an error name
 *   the call that met it.
 *
 * @module
 */
export * from "./call_queue.ts";
export * from "./chain.ts";
export * from "./deferred.ts";
export * from "./fair.ts";
export * from "./options.ts";
export * from "./retrace.ts";
export * from "./timers.ts";
export * from "./wait_for.ts";
