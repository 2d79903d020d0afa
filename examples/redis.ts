/**
 * A Redis client: RESP2 and RESP3, with commands pipelined over one connection of
 * TCP, TLS or a unix socket.
 *
 * @module
 */
import {
  connectTcp,
  connectTls,
  connectUnix,
  type StreamConn,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: redis [options] [COMMAND [ARGUMENT...]]

Without a command, takes commands from stdin, a line each: they are sent as they
come, and the replies are printed as they come. "Quotes" hold a word together.

  --hostname NAME    where the server is (127.0.0.1)
  --port NUMBER      its port (6379)
  --unix PATH        its unix socket, instead of a host and a port
  --tls              encrypt; its certificate must be for the host
  --ca FILE          trust these certificates, too; in PEM, as the next two
  --cert FILE        the certificate to show
  --key FILE         the private key of --cert
  --resp3            speak RESP3, by HELLO 3
  --max BYTES        the largest reply to take (67108864)
  -h, --help         this text

  redis SET greeting "hello there"
  printf 'INCR n\\nINCR n\\n' | redis

Files need --allow-read, and a unix socket --allow-write as well.`;

/** What a server answers. */
type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | RedisError
  | Reply[]
  | Map<Reply, Reply>;

/** An error reply: the command failed, the connection is as good as before. */
class RedisError extends Error {}

/** Nested deeper, a reply is an attempt to exhaust the stack. */
const MAX_DEPTH = 32;

/** What an element of an array costs in memory, about, beside its bytes. */
const ELEMENT_SIZE = 16;

/** A connection to a server: `receive` gives the replies in the order of `send`. */
class Redis implements Disposable {
  #conn: StreamConn<Deno.Addr>;
  #maxReplySize: number;
  #left = 0;

  constructor(conn: StreamConn<Deno.Addr>, maxReplySize: number) {
    this.#conn = conn;
    this.#maxReplySize = maxReplySize;
  }

  /** Queues a command; those of one turn of the event loop leave together. */
  async send(...words: string[]): Promise<void> {
    const bulks = words.map((word) =>
      `$${new TextEncoder().encode(word).length}\r\n${word}\r\n`
    );
    const command = `*${words.length}\r\n${bulks.join("")}`;
    await this.#conn.send(command);
  }

  /** The next reply; undefined when the server has closed the connection. */
  async receive(): Promise<Reply | undefined> {
    this.#left = this.#maxReplySize;
    if ((await this.#conn.peek(1)).length === 0) return undefined;
    return await this.#read(0);
  }

  async #read(depth: number): Promise<Reply> {
    const line = await this.#conn.readLine();
    if (line === null) throw new Error("The server hung up inside a reply");
    const text = line.slice(1);
    this.#take(line.length + ELEMENT_SIZE);
    if (depth > MAX_DEPTH) throw new Error("The reply is nested too deeply");
    switch (line[0]) {
      case "+":
        return text;
      case "-":
        return new RedisError(text);
      case ":":
        return Number.isSafeInteger(+text) ? +text : integerOf(text);
      case "(":
        return integerOf(text);
      case ",":
        return +text.replace("inf", "Infinity");
      case "#":
        return text === "t";
      case "_":
        return null;
      case "$":
        return text === "-1" ? null : await this.#bulk(text);
      case "=": // text with its format in front, as in "txt:"
        return (await this.#bulk(text)).slice(4);
      case "!":
        return new RedisError(await this.#bulk(text));
      case "*":
      case "~":
      case ">":
        return text === "-1" ? null : await this.#array(text, 1, depth);
      case "%": {
        const all = await this.#array(text, 2, depth);
        const pairs = all.flatMap((key, i) => i % 2 ? [] : [[key, all[i + 1]]]);
        return new Map(pairs as [Reply, Reply][]);
      }
      case "|": // attributes, which say something about the reply that follows
        await this.#array(text, 2, depth);
        return await this.#read(depth + 1);
      default:
        throw notResp(line);
    }
  }

  async #bulk(count: string): Promise<string> {
    const size = lengthOf(count);
    this.#take(size);
    const bytes = await this.#conn.readExact(size + 2);
    return new TextDecoder().decode(bytes.subarray(0, size));
  }

  async #array(count: string, width: number, depth: number): Promise<Reply[]> {
    const length = lengthOf(count) * width;
    const replies: Reply[] = [];
    while (replies.length < length) replies.push(await this.#read(depth + 1));
    return replies;
  }

  /** Counts against the limit before memory is taken. */
  #take(size: number): void {
    this.#left -= size;
    if (this.#left >= 0) return;
    throw new Error(
      `The reply is larger than ${this.#maxReplySize} bytes; see --max`,
    );
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function notResp(text: string): Error {
  return new Error(
    `The server does not speak RESP: ${Deno.inspect(text.slice(0, 60))}`,
  );
}

function integerOf(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw notResp(text);
  return BigInt(text);
}

function lengthOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw notResp(text);
  return Number(text);
}

/** A reply as text, a line for each element. */
function format(reply: Reply, indent = ""): string {
  if (reply === null) return "(nil)";
  if (reply instanceof RedisError) return `(error) ${reply.message}`;
  if (typeof reply !== "object") return String(reply);
  const inside = (item: Reply) => format(item, indent + "   ");
  const items = Array.isArray(reply)
    ? reply.map(inside)
    : Array.from(reply, ([key, value]) => `${inside(key)}: ${inside(value)}`);
  const lines = items.map((item, i) => `${i + 1}) ${item}`);
  return lines.join(`\n${indent}`) || "(empty)";
}

/** Splits a command into words, of which those in quotes are written as in JSON. */
function wordsOf(line: string): string[] {
  const words = line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  try {
    return words.map((word) => word[0] === '"' ? JSON.parse(word) : word);
  } catch {
    throw new Error(`The quotes do not match: ${line}`);
  }
}

async function* inputLines(): AsyncGenerator<string> {
  const texts = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

/** Sends the commands on stdin while it prints the replies. */
async function converse(redis: Redis): Promise<void> {
  let isQuitting = false;
  async function sendAll() {
    for await (const line of inputLines()) {
      const words = wordsOf(line);
      if (words[0]?.toUpperCase() === "QUIT") break;
      if (words.length > 0) await redis.send(...words);
    }
    isQuitting = true;
    await redis.send("QUIT");
  }
  async function printAll() {
    let held: Reply | undefined;
    for (let reply; (reply = await redis.receive()) !== undefined;) {
      if (held !== undefined) console.log(format(held));
      // The last reply is that to our own QUIT, and not to be seen.
      held = isQuitting ? reply : undefined;
      if (!isQuitting) console.log(format(reply));
    }
    if (!isQuitting) throw new Error("The server closed the connection");
  }
  await Promise.all([sendAll(), printAll()]);
}

/** Where the server is, and how to reach it. */
interface Target {
  hostname: string;
  port: number;
  unix: string | undefined;
  tls: boolean;
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
}

async function connect(target: Target): Promise<StreamConn<Deno.Addr>> {
  const { unix, tls, hostname, port } = target;
  const timeout = 5000;
  if (unix !== undefined) return await connectUnix({ path: unix, timeout });
  if (!tls) return await connectTcp({ hostname, port, timeout });
  const [ca, cert, key] = await Promise.all(
    [target.ca, target.cert, target.key].map((path) =>
      path === undefined ? undefined : Deno.readTextFile(path)
    ),
  );
  return await connectTls({
    ...{ hostname, port, timeout },
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  });
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "resp3", "tls"],
    string: ["hostname", "port", "max", "unix", "ca", "cert", "key"],
    default: { hostname: "127.0.0.1", port: "6379", max: "67108864" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
    stopEarly: true,
  });
  if (options.help) return console.log(USAGE);
  const { resp3, _: words } = options;
  const max = Number(options.max);
  if (!(max > 0)) throw new RangeError(`--max must be above 0: ${options.max}`);
  using redis = new Redis(
    await connect({ ...options, port: Number(options.port) }),
    max,
  );

  if (resp3) {
    await redis.send("HELLO", "3");
    if (await redis.receive() instanceof RedisError) {
      throw new Error("The server has no RESP3: leave out --resp3");
    }
  }
  if (words.length === 0) return await converse(redis);
  await redis.send(...words.map(String));
  const reply = await redis.receive();
  if (reply === undefined) throw new Error("The server closed the connection");
  if (reply instanceof RedisError) throw reply;
  console.log(format(reply));
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
