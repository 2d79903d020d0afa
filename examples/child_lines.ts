/**
 * Runs a program and reads the lines that it prints as they come: a silent program
 * is ended, and a line without an end takes no memory.
 *
 * @module
 */
import {
  MessageTooLongError,
  StreamConn,
  TimedOutError,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: child_lines [options] PROGRAM [ARGUMENT...]

Runs the program, and prints its lines with their numbers and the time at which
they came, in seconds. Needs --allow-run.

  --silence SECONDS  end the program if it prints no line for so long (10)
  --max BYTES        end it if a line is longer (65536)
  -h, --help         this text

  deno run --allow-run examples/child_lines.ts ping -c 3 127.0.0.1`;

/** Prints the lines of a program until it ends; resolves with its exit status. */
async function printLines(
  command: Deno.Command,
  options: { timeout: number; limit: number },
): Promise<number> {
  const began = performance.now();
  const child = command.spawn();
  await using conn = StreamConn.from({ readable: child.stdout });
  try {
    let count = 0;
    for await (const line of conn.lines(options)) {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${++count} ${seconds} ${line}`);
    }
  } catch (error) {
    child.kill();
    await child.status;
    throw error;
  }
  return (await child.status).code;
}

/** Says in a line why a program was ended. */
function reasonOf(error: unknown): string {
  if (error instanceof TimedOutError) return "it printed nothing in time";
  if (error instanceof MessageTooLongError) return "its line is too long";
  throw error;
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["silence", "max"],
    default: { silence: "10", max: "65536" },
    alias: { help: "h" },
    stopEarly: true,
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [program, ...words] = options._.map(String);
  if (program === undefined) throw new TypeError("Say which program to run");
  const timeout = Number(options.silence) * 1000;
  const limit = Number(options.max);
  if (!(timeout > 0)) {
    throw new RangeError(`--silence must be more than 0: ${options.silence}`);
  }
  if (!(Number.isInteger(limit) && limit > 0)) {
    throw new RangeError(`--max must be a positive integer: ${options.max}`);
  }
  const command = new Deno.Command(program, {
    args: words,
    stdin: "inherit",
    stdout: "piped",
  });
  try {
    Deno.exitCode = await printLines(command, { timeout, limit });
  } catch (error) {
    throw new Error(`${program} was ended: ${reasonOf(error)}`);
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
