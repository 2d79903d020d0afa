/**
 * Virtual time: a clock that jumps to the next event as soon as all programs wait.
 *
 * - {@linkcode runInVirtualTime}: runs a test in it.
 * - {@linkcode Driver}: lets the events of a simulation happen.
 * - {@linkcode World}: the simulation that a test runs in.
 * - {@linkcode Scope}: a part of it whose timers end together.
 * - {@linkcode Scheduler}: the events that are to happen.
 *
 * @module
 */
export { realNow } from "./clock.ts";
export { Driver } from "./driver.ts";
export * from "./run.ts";
export * from "./scheduler.ts";
export { Scope } from "./scope.ts";
export { World } from "./world.ts";
