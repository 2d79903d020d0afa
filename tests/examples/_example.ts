/**
 * Examples, run as a user runs them: as a program of their own that may use the
 * network and nothing else.
 *
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import "../_posix.ts";

/** The folder in which the examples are run. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** What the children need to find `@std`, as this process does. */
const IMPORTS = (() => {
  const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
  return isOffline ? ["--import-map=offline/imports.json"] : [];
})();

/** How a program ended, and what it wrote. */
export interface Outcome {
  code: number;
  /** The signal that killed it, if any. */
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
  /** What it wrote to stdout, as it is. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A program that is running. */
export interface RunningProgram extends AsyncDisposable {
  /** The first text that the pattern finds in what it has printed so far. */
  printed(
    pattern: RegExp,
    where?: "stdout" | "stderr",
  ): Promise<RegExpExecArray>;
  /** Writes to its stdin. */
  write(input: string | Uint8Array): Promise<void>;
  /** Ends its stdin. */
  endInput(): Promise<void>;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Waits for its end. */
  finished(): Promise<Outcome>;
}

/** What a stream has brought so far. */
class Output {
  #chunks: Uint8Array[] = [];
  #decoder = new TextDecoder();
  #onMore = Promise.withResolvers<void>();
  #hasEnded = false;
  text = "";
  readonly ended: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      this.#chunks.push(chunk);
      this.text += this.#decoder.decode(chunk, { stream: true });
      this.#onMore.resolve();
      this.#onMore = Promise.withResolvers();
    }
    this.#hasEnded = true;
    this.#onMore.resolve();
  }

  async find(pattern: RegExp): Promise<RegExpExecArray | undefined> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (this.#hasEnded) return undefined;
      await this.#onMore.promise;
    }
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(
      await new Blob(this.#chunks as BlobPart[]).arrayBuffer(),
    );
  }
}

/** Starts any program, and kills it when it is disposed of. */
export function startProgram(
  program: string,
  options: Deno.CommandOptions,
): RunningProgram {
  const child = new Deno.Command(program, {
    ...options,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  const outputs = {
    stdout: new Output(child.stdout),
    stderr: new Output(child.stderr),
  };
  const { stdout, stderr } = outputs;
  const finished = async () => {
    const [{ code, signal }] = await Promise.all([
      child.status,
      stdout.ended,
      stderr.ended,
    ]);
    return {
      code,
      signal,
      stdout: stdout.text,
      stderr: stderr.text,
      bytes: await stdout.bytes(),
    };
  };
  return {
    finished,
    async printed(pattern, where = "stdout") {
      const found = await outputs[where].find(pattern);
      if (found) return found;
      await finished();
      const all = stdout.text + stderr.text;
      throw new Error(`${program} ended without printing ${pattern}: ${all}`);
    },
    // A program that has ended already needs no input.
    write: (input) =>
      stdin.write(
        typeof input === "string"
          ? new TextEncoder().encode(input)
          : input as Uint8Array<ArrayBuffer>,
      ).catch(() => {}),
    endInput: () => stdin.close().catch(() => {}),
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      await stdin.abort().catch(() => {});
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await finished();
    },
  };
}

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
