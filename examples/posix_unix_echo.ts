/**
 * Echo over a local socket (AF_UNIX), whose address is a path, or an abstract name
 * that no file system has.
 *
 * @module
 */
import {
  AF_UNIX,
  MSG_WAITALL,
  type PosixSocket,
  SOCK_STREAM,
  socket,
  type UnixName,
} from "@berkeley/sockets/posix";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: posix_unix_echo [serve | talk] [options]

Without a word, serves and talks to itself. Needs --allow-ffi and --allow-net; a
path needs --allow-read and --allow-write for it, too.

  --path PATH        serve on a path, and remove it afterwards
  --abstract NAME    serve on an abstract name, as Linux has them (berkeley-echo)
  --count NUMBER     how many messages to send (10)
  -h, --help         this text`;

const BUFFER_SIZE = 64 * 1024;

/** An echo service, and how to end it. */
export interface EchoServer {
  /** Ends it; clients that are connected are cut off. */
  stop(): Promise<void>;
}

/** Sends back what each client sends, and tells who it is: SO_PEERCRED. */
export function serve(name: UnixName): EchoServer {
  const listener = socket(AF_UNIX, SOCK_STREAM);
  try {
    listener.bind(name);
    listener.listen();
  } catch (error) {
    listener.close();
    throw error;
  }
  const clients = new Set<PosixSocket>();
  const serving = (async () => {
    while (!listener.isClosed) {
      const { socket: client } = await listener.accept();
      clients.add(client);
      echo(client).catch((error) => {
        if (!client.isClosed) console.error(error.message);
      }).finally(() => {
        clients.delete(client);
        client.close();
      });
    }
  })().catch((error) => {
    if (!listener.isClosed) throw error;
  });
  return {
    async stop() {
      listener.close();
      for (const client of clients) client.close();
      await serving;
      removePath(name);
    },
  };
}

async function echo(client: PosixSocket): Promise<void> {
  if (Deno.build.os === "linux") {
    const { pid, uid } = client.getSockOpt("SO_PEERCRED");
    console.log(`Connection from process ${pid} of user ${uid}`);
  }
  const buffer = new Uint8Array(BUFFER_SIZE);
  for (let n; (n = await client.recv(buffer)) > 0;) {
    await client.send(buffer.subarray(0, n));
  }
}

/** A path stays when its socket is closed, and cannot be bound to again. */
function removePath({ path }: UnixName): void {
  if (path.startsWith("\0")) return;
  Deno.removeSync(path);
}

/** Sends `count` messages, and receives each one's echo. */
export async function talk(name: UnixName, count: number): Promise<void> {
  using client = socket(AF_UNIX, SOCK_STREAM);
  await client.connect(name, { timeout: 5000 });
  for (let i = 1; i <= count; i++) {
    const message = new TextEncoder().encode(`Hello, local socket ${i}`);
    await client.send(message);
    const answer = new Uint8Array(message.length);
    const flags = MSG_WAITALL;
    const length = await client.recv(answer, { flags, timeout: 5000 });
    if (length < message.length) throw new Error("The server has gone");
    console.log(new TextDecoder().decode(answer));
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

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["path", "abstract", "count"],
    default: { abstract: "berkeley-echo", count: "10" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const name = { path: options.path ?? `\0${options.abstract}` };
  const count = Number(options.count);
  if (!(count >= 0)) {
    throw new RangeError(`--count must be 0 or more: ${options.count}`);
  }
  const [role] = options._;

  if (role === "talk") return await talk(name, count);
  const server = serve(name);
  console.log(`Echoing on ${name.path.replace("\0", "@")}`);
  try {
    if (role === "serve") await interrupted();
    else await talk(name, count);
  } finally {
    await server.stop();
  }
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
