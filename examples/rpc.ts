/**
 * Remote procedure calls: JSON in frames with their length in front, many calls
 * at the same time over one connection.
 *
 * @module
 */
import {
  connectTcp,
  FrameError,
  lengthPrefixFraming,
  serveTcp,
  type TcpConn,
} from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: rpc [serve | call METHOD [VALUE...]] [options]

Without a word, serves on a free port and calls itself. A VALUE is JSON, or else
a text; one that begins with - goes behind --. The methods: add NUMBER..., reverse TEXT, sleep MILLISECONDS.

  --hostname NAME    where to serve, or whom to call (127.0.0.1)
  --port NUMBER      0 chooses a free port (0)
  --timeout MS       how long a call may take (5000)
  -h, --help         this text`;

/** Four bytes of length, and no request or reply of more than 64 KiB. */
const FRAMING = lengthPrefixFraming(4, { maxFrameSize: 64 * 1024 });

/** When so many calls of a connection are under way, no more are read. */
const MAX_PENDING = 100;

interface Request {
  id: number;
  method: string;
  params: unknown[];
}

/** What has no id ends the connection: nobody knows whose reply it is. */
interface Reply {
  id: number | null;
  result?: unknown;
  error?: string;
}

type Method = (params: unknown[], signal: AbortSignal) => unknown;

const METHODS = new Map<string, Method>([
  ["add", (numbers) => numbers.reduce((a: number, b) => a + number(b), 0)],
  ["reverse", ([text]) => [...String(text)].reverse().join("")],
  ["sleep", ([ms], signal) => {
    const { promise, resolve, reject } = Promise.withResolvers();
    const timer = setTimeout(() => resolve(`slept ${ms} ms`), number(ms));
    signal.addEventListener("abort", () => reject(signal.reason));
    return promise.finally(() => clearTimeout(timer));
  }],
]);

function number(value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(`${JSON.stringify(value)} is not a number`);
}

function encode(message: Request | Reply): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decode(frame: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(frame));
  } catch {
    throw new Error("The message is not JSON");
  }
}

async function answer(frame: Uint8Array, signal: AbortSignal): Promise<Reply> {
  let id: number | null = null;
  try {
    const request = decode(frame) as Request;
    id = number(request?.id);
    const method = METHODS.get(request.method);
    if (!method) throw new Error(`There is no method "${request.method}"`);
    if (!Array.isArray(request.params)) throw new Error("There are no params");
    return { id, result: await method(request.params, signal) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}

/** Answers the calls of one connection, each as soon as it is done. */
async function serveCalls(conn: TcpConn, signal: AbortSignal): Promise<void> {
  const pending = new Set<Promise<void>>();
  async function serveCall(frame: Uint8Array) {
    const reply = await answer(frame, signal);
    const bytes = encode(reply);
    const fits = bytes.length <= FRAMING.maxFrameSize;
    const tooLarge: Reply = { id: reply.id, error: "The result is too large" };
    await conn.sendFrame(FRAMING, fits ? bytes : encode(tooLarge));
  }
  try {
    for await (const frame of conn.frames(FRAMING)) {
      const call = serveCall(frame)
        .catch(() => {}) // the caller has gone, as the loop will find, too
        .finally(() => pending.delete(call));
      pending.add(call);
      if (pending.size >= MAX_PENDING) await Promise.race(pending);
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    await conn.sendFrame(FRAMING, encode({ id: null, error: error.message }));
    await conn.closeGracefully({ timeout: 1000 });
  }
  await Promise.all(pending);
}

/** The near end of a connection to a server. */
class RpcClient implements Disposable {
  readonly #conn: TcpConn;
  readonly #waiting = new Map<number | null, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #failure: Error | undefined;

  constructor(conn: TcpConn) {
    this.#conn = conn;
    this.#receiveAll();
  }

  /** Calls a method of the server; rejects when it fails there, or here. */
  async call(
    method: string,
    params: unknown[],
    timeout: number,
  ): Promise<unknown> {
    if (this.#failure) throw this.#failure;
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<unknown>();
    const late = new Error(`${method} takes longer than ${timeout} ms`);
    const timer = setTimeout(() => reply.reject(late), timeout);
    this.#waiting.set(id, reply);
    try {
      const request = encode({ id, method, params });
      const sent = this.#conn.sendFrame(FRAMING, request);
      const [result] = await Promise.all([reply.promise, sent]);
      return result;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  async #receiveAll(): Promise<void> {
    let failure = new Error("The server hung up");
    try {
      for await (const frame of this.#conn.frames(FRAMING)) {
        const { id, result, error } = decode(frame) as Reply;
        if (id === null) throw new Error(error);
        const waiting = this.#waiting.get(id);
        if (error === undefined) waiting?.resolve(result);
        else waiting?.reject(new Error(error));
      }
    } catch (error) {
      failure = error as Error;
    }
    this.#failure = failure;
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/** Calls everything at the same time, and prints the replies as they come. */
async function callAll(client: RpcClient, timeout: number): Promise<void> {
  const calls: [string, ...unknown[]][] = [
    ["sleep", 300],
    ["sleep", 100],
    ["add", 1, 2, 3.5],
    ["reverse", "sockets"],
    ["add", 1, "2"],
    ["divide", 1, 0],
  ];
  await Promise.all(calls.map(async ([method, ...params]) => {
    const answer = await client.call(method, params, timeout).then(
      (result) => `= ${JSON.stringify(result)}`,
      (error) => `fails: ${error.message}`,
    );
    console.log(`${method}${JSON.stringify(params)} ${answer}`);
  }));
}

/** JSON where it is, and text where not. */
function parseValue(word: string | number): unknown {
  try {
    return JSON.parse(String(word));
  } catch {
    return word;
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
    string: ["hostname", "port", "timeout"],
    default: { hostname: "127.0.0.1", port: "0", timeout: "5000" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { hostname, _: [role, method, ...values] } = options;
  const port = Number(options.port);
  const timeout = Number(options.timeout);
  if (!(timeout > 0)) {
    throw new RangeError(`--timeout must be above 0: ${timeout}`);
  }

  if (role === "call") {
    if (method === undefined) throw new TypeError("Say which method to call");
    const conn = await connectTcp({ hostname, port, timeout });
    using client = new RpcClient(conn);
    const params = values.map(parseValue);
    const result = await client.call(String(method), params, timeout);
    return console.log(JSON.stringify(result));
  }
  const server = await serveTcp(
    { hostname, port, onError: (error) => console.error(String(error)) },
    (conn, { signal }) => serveCalls(conn, signal),
  );
  const { addr } = server;
  console.log(`Serving on ${addr.hostname} port ${addr.port}`);
  try {
    if (role === "serve") return await interrupted();
    using client = new RpcClient(await connectTcp({ ...addr, timeout }));
    await callAll(client, timeout);
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
