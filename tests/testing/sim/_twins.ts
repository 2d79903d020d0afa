/**
 * What the twins in virtual time of tests with real sockets share.
 *
 * @module
 */
import { type Network, simulate } from "@berkeley/sockets/testing";
import { assert } from "@std/assert";

/** Registers a test that may do nothing but compute. */
export function test(
  name: string,
  fn: (network: Network) => Promise<void>,
): void {
  Deno.test({ name, permissions: "none", fn: () => simulate(fn) });
}

/** Runs the call; how long it took, in milliseconds. */
export async function timed<T>(call: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await call();
  return [result, performance.now() - start];
}

/** Asserts a duration in milliseconds, to less than `by`. */
export function assertAbout(
  actual: number,
  expected: number,
  by: number = 5,
): void {
  assert(Math.abs(actual - expected) < by, `${actual} ms, not ${expected}`);
}
