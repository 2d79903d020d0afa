/**
 * Examples over libc, run as programs that may use the network and FFI and nothing
 * else.
 *
 * @module
 */
import { HAS_POSIX } from "../_posix.ts";
import {
  type Outcome,
  run,
  type RunningProgram,
  startWith,
} from "./_example.ts";

/** What such an example may do. */
export const PERMISSIONS: string[] = ["--allow-net", "--allow-ffi"];

/** A test of such an example, skipped where libc cannot be used. */
export function posixExampleTest(
  name: string,
  fn: () => Promise<void>,
  ignore = false,
): void {
  Deno.test({ name, ignore: ignore || !HAS_POSIX, fn });
}

/** Starts such an example, by its name; `more` are further permissions. */
export function startPosixExample(
  args: string[],
  ...more: string[]
): RunningProgram {
  const program = ["examples/run.ts", ...args];
  return startWith([...PERMISSIONS, ...more], program);
}

/** Runs such an example to its end. */
export function runPosixExample(
  args: string[],
  ...more: string[]
): Promise<Outcome> {
  const program = ["examples/run.ts", ...args];
  return run(program, "", [...PERMISSIONS, ...more]);
}
