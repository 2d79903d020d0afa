/**
 * Programs that run beside a test, which reads what they print.
 *
 * @module
 */

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
