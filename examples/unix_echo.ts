/**
 * Echo over a unix socket, whose address is a path, or an abstract name that no file
 * system has.
 *
 * @module
 */
import { connectUnix, serveUnix, type UnixServer } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: unix_echo [serve | talk] [options]

Without a word, serves and talks to itself. An abstract name needs --allow-net; a
path needs --allow-read and --allow-write for it, too.

  --path PATH        serve on a path, which is removed at the end
  --abstract NAME    serve on an abstract name, as Linux has them (berkeley-echo)
  --mode OCTAL       who may connect to the path, such as 600
  --replace-stale    replace the socket of a server that was killed
  --count NUMBER     how many messages to send (10)
  -h, --help         this text`;

/** Sends back whatever each client sends, until it has sent all it had. */
export function serveEcho(
  options: { path: string; mode?: number | undefined; replaceStale?: boolean },
): Promise<UnixServer> {
  const onError = (error: unknown) => console.error(String(error));
  return serveUnix({ ...options, onError }, async (conn) => {
    const buffer = new Uint8Array(64 * 1024);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      await conn.writeAll(buffer.subarray(0, n));
    }
  });
}

/** Sends `count` messages, and receives each one's echo. */
export async function talk(path: string, count: number): Promise<void> {
  await using conn = await connectUnix({ path, timeout: 5000 });
  for (let i = 1; i <= count; i++) {
    await conn.send(`Hello, unix socket ${i}\n`);
    const answer = await conn.readLine({ timeout: 5000 });
    if (answer === null) throw new Error("The server has gone");
    console.log(answer);
  }
}

/** Resolves when the user presses Ctrl-C. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    Deno.addSignalListener("SIGINT", function stop() {
      Deno.removeSignalListener("SIGINT", stop);
      resolve();
    });
  });
}

function modeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^0?[0-7]{3}$/.test(text)) return parseInt(text, 8);
  throw new RangeError(`--mode must be three octal digits: ${text}`);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "replace-stale"],
    string: ["path", "abstract", "mode", "count"],
    default: { abstract: "berkeley-echo", count: "10" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const path = options.path ?? `\0${options.abstract}`;
  const mode = modeOf(options.mode);
  const count = Number(options.count);
  if (!(count >= 0)) {
    throw new RangeError(`--count must be 0 or more: ${options.count}`);
  }
  const [role] = options._;
  if (role === "talk") return await talk(path, count);

  const replaceStale = options["replace-stale"];
  const server = await serveEcho({ path, mode, replaceStale });
  console.log(`Echoing on ${path.replace("\0", "@")}`);
  try {
    if (role === "serve") await interrupted();
    else await talk(path, count);
  } finally {
    await server.shutdown({ timeout: 1000 });
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
