/**
 * `Deno.Command` of the tests on Node and Bun, over `node:child_process`.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import process from "node:process";
import { Readable, type Writable } from "node:stream";

type Stream = "piped" | "null" | "inherit";

interface Options {
  args?: string[];
  cwd?: string | URL;
  env?: Record<string, string>;
  signal?: AbortSignal;
  stdin?: Stream;
  stdout?: Stream;
  stderr?: Stream;
}

function optionsOf(options: Options, stdin: Stream, out: Stream): object {
  const { cwd, env, signal } = options;
  const stdio = [
    options.stdin ?? stdin,
    options.stdout ?? out,
    options.stderr ?? out,
  ].map((stream) =>
    ({ piped: "pipe", null: "ignore" })[stream as "null"] ?? stream
  );
  return { cwd, env: { ...process.env, ...env }, signal, stdio };
}

/** How a program ended. */
interface Status {
  success: boolean;
  code: number;
  signal: string | null;
}

/** How it ended, and what it printed. */
interface Output extends Status {
  stdout: Uint8Array;
  stderr: Uint8Array;
}

function statusOf(code: number | null, signal: string | null): Status {
  const { signals } = constants;
  const killed = 128 + (signals[signal as keyof typeof signals] ?? 0);
  return { success: code === 0, code: code ?? killed, signal };
}

async function bytesOf(stream: Readable | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** As `Writable.toWeb`, which in Node 24 leaves the rejection of an abort uncaught. */
function webStreamOf(stdin: Writable): WritableStream<Uint8Array> {
  stdin.on("error", () => {}); // the write that it is of reports it
  return new WritableStream({
    write: (chunk) =>
      new Promise<void>((resolve, reject) => {
        stdin.write(chunk, (error) => error ? reject(error) : resolve());
      }),
    close: () => new Promise<void>((resolve) => stdin.end(resolve)),
    abort: () => void stdin.destroy(),
  });
}

/** A program that was started. */
class Child {
  readonly pid: number;
  readonly status: Promise<Status>;
  readonly #child: ChildProcess;
  readonly #streams: Partial<Record<"stdin" | "stdout" | "stderr", unknown>> =
    {};

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    this.status = once(child, "exit").then(([code, signal]) =>
      statusOf(code, signal)
    );
    child.once("exit", () => child.stdin?.destroy());
  }

  get stdin(): unknown {
    return this.#streams.stdin ??= webStreamOf(this.#child.stdin!);
  }

  get stdout(): unknown {
    return this.#streams.stdout ??= Readable.toWeb(this.#child.stdout!);
  }

  get stderr(): unknown {
    return this.#streams.stderr ??= Readable.toWeb(this.#child.stderr!);
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    if (!this.#child.kill(signal)) throw new TypeError("the child has ended");
  }

  async output(): Promise<Output> {
    const { stdout, stderr } = this.#child;
    const [status, ...outputs] = await Promise.all([
      this.status,
      bytesOf(stdout),
      bytesOf(stderr),
    ]);
    return { ...status, stdout: outputs[0], stderr: outputs[1] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.status;
  }
}

/** As `Deno.Command`. */
export class Command {
  readonly #command: string;
  readonly #options: Options;

  constructor(command: string, options: Options = {}) {
    this.#command = command;
    this.#options = options;
  }

  outputSync(): Output {
    const { args = [] } = this.#options;
    const options = optionsOf(this.#options, "null", "piped");
    const ended = spawnSync(this.#command, args, options);
    if (ended.error) throw ended.error;
    const { status, signal, stdout, stderr } = ended;
    return { ...statusOf(status, signal), stdout, stderr };
  }

  async output(): Promise<Output> {
    const { args = [] } = this.#options;
    const options = optionsOf(this.#options, "null", "piped");
    const child = spawn(this.#command, args, options);
    const [[code, signal], stdout, stderr] = await Promise.all([
      once(child, "close"),
      bytesOf(child.stdout),
      bytesOf(child.stderr),
    ]);
    return { ...statusOf(code, signal), stdout, stderr };
  }

  spawn(): Child {
    const { args = [] } = this.#options;
    const options = optionsOf(this.#options, "inherit", "inherit");
    return new Child(spawn(this.#command, args, options));
  }
}
