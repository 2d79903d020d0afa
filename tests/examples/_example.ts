/**
 * Examples, run as a user runs them: as a program of their own that may use the
 * network and nothing else.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import "../_posix.ts";
import {
  type Outcome,
  type RunningProgram,
  startProgram,
} from "../_start_program.ts";
export {
  type Outcome,
  type RunningProgram,
  startProgram,
} from "../_start_program.ts";

/** The folder in which the examples are run. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** What the children need to find `@std`, as this process does. */
const IMPORTS = (() => {
  const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
  return isOffline ? ["--import-map=offline/imports.json"] : [];
})();

/** What runs a program of this project, with `--allow-net` alone if not told. */
function commandOf(args: string[], permissions = ["--allow-net"]): string[] {
  const flags = ["--no-prompt", "--quiet", ...permissions, ...IMPORTS];
  return [Deno.execPath(), "run", ...flags, ...args];
}

/** The words that run an example, and the folder to do it in. */
export function exampleCommand(
  args: string[],
  permissions?: string[],
): { command: string[]; cwd: URL } {
  const program = ["examples/run.ts", ...args];
  return { command: commandOf(program, permissions), cwd: ROOT };
}

/** Starts a program of this project. */
export function start(...args: string[]): RunningProgram {
  return startWith(undefined, args);
}

/** Starts a program of this project with these permissions. */
export function startWith(
  permissions: string[] | undefined,
  args: string[],
): RunningProgram {
  const [program = "", ...words] = commandOf(args, permissions);
  return startProgram(program, {
    args: words,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
}

/** Starts an example, by its name. */
export function startExample(...args: string[]): RunningProgram {
  return start("examples/run.ts", ...args);
}

/** Runs a program of this project to its end, with `input` as its stdin. */
export async function run(
  args: string[],
  input: string | Uint8Array = "",
  permissions?: string[],
): Promise<Outcome> {
  await using program = startWith(permissions, args);
  const writing = program.write(input).then(() => program.endInput());
  const outcome = await program.finished();
  await writing;
  return outcome;
}

/** Runs an example to its end, by its name. */
export function runExample(
  args: string[],
  input: string | Uint8Array = "",
): Promise<Outcome> {
  return run(["examples/run.ts", ...args], input);
}

/**
 * Asserts that a program has failed in one line on stderr, without a stack: with
 * 1, or 2 for what is wrong with its arguments.
 */
export function assertFailsInALine(
  outcome: Outcome,
  expected: string,
  expectedCode = 1,
): void {
  const { code, stderr } = outcome;
  assertEquals(code, expectedCode, stderr);
  assertStringIncludes(stderr, expected);
  assertEquals(stderr.trim().split("\n").length, 1, stderr);
}
