/**
 * Examples, run as a user runs them: as a program of their own that may use the
 * network and nothing else.
 *
 * @module
 */

/** The folder in which the examples are run. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** What the children need to find `@std`, as this process does. */
const IMPORTS = (() => {
  const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
  return isOffline ? ["--import-map=offline/imports.json"] : [];
})();

const decoder = new TextDecoder();

/** How a program ended, and what it wrote. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** An example that is running. */
export interface RunningExample extends AsyncDisposable {
  /** The first text that the pattern finds in what it has printed so far. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Writes to its stdin. */
  write(text: string): Promise<void>;
  /** Ends its stdin. */
  endInput(): Promise<void>;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Waits for its end. */
  finished(): Promise<Outcome>;
}

/** The command that runs a program of this project with `--allow-net` alone. */
export function command(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--allow-net", ...IMPORTS, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a program to its end, with `input` as its stdin. */
export async function run(args: string[], input = ""): Promise<Outcome> {
  await using example = start(...args);
  await example.write(input);
  await example.endInput();
  return await example.finished();
}

/** Starts a program, and ends it when it is disposed of. */
export function start(...args: string[]): RunningExample {
  const child = command(...args).spawn();
  const stdin = child.stdin.getWriter();
  const stderr = new Response(child.stderr).text();
  let stdout = "";
  let onOutput = Promise.withResolvers<void>();
  let hasEnded = false;
  const reading = (async () => {
    for await (const bytes of child.stdout) {
      stdout += decoder.decode(bytes, { stream: true });
      onOutput.resolve();
      onOutput = Promise.withResolvers();
    }
    hasEnded = true;
    onOutput.resolve();
  })();
  const finished = async () => {
    const [{ code }] = await Promise.all([child.status, reading]);
    return { code, stdout, stderr: await stderr };
  };
  return {
    finished,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(stdout);
        if (found) return found;
        if (hasEnded) {
          const all = stdout + await stderr;
          throw new Error(`It ended without printing ${pattern}: ${all}`);
        }
        await onOutput.promise;
      }
    },
    // A program that has ended already needs no input.
    write: (text) =>
      stdin.write(new TextEncoder().encode(text)).catch(() => {}),
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
