/**
 * The processes of a benchmark: contenders that print numbers, and the peer that
 * they talk to.
 *
 * @module
 */

/** How long a contender may take, in milliseconds, whatever happens to it. */
const LIMIT = 60_000;

/** Runs a program that prints numbers; undefined where it is not installed or fails. */
export async function numbersOf(
  program: string,
  args: string[],
): Promise<number[] | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LIMIT);
  try {
    const { stdout, success } = await new Deno.Command(program, {
      args,
      stderr: "inherit",
      signal: limit.signal,
    }).output();
    const numbers = new TextDecoder().decode(stdout).trim().split(/\s+/)
      .map(Number);
    return success && numbers[0]! > 0 ? numbers : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A process that contenders talk to. */
export interface Peer extends AsyncDisposable {
  /** Its port. */
  readonly port: number;
}

/** Starts a peer, and reads the port that it prints. */
export async function startPeer(
  program: string,
  args: string[],
): Promise<Peer> {
  const child = new Deno.Command(program, { args, stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    port: Number(new TextDecoder().decode(value)),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await reader.cancel();
      await child.status;
    },
  };
}

/** Compiles a program in C; undefined where there is no compiler. */
export async function compile(
  source: string,
  program: string,
): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("cc", {
      args: ["-O2", "-o", program, source],
      stderr: "null",
    }).output();
    return success ? program : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
