/**
 * HTTP over a unix socket, as one asks a container daemon: a client for one request,
 * and a small daemon to ask.
 *
 * @module
 */
import { connectUnix, serveUnix, type StreamConn } from "@berkeley/sockets";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: unix_http [options] [TARGET]

Asks a daemon on a unix socket for TARGET (/version) by HTTP/1.1, and prints the
body of its answer. Without --path, it asks a daemon of its own, on an abstract
name, as Linux has them.

  --path PATH        the daemon's socket, such as /var/run/docker.sock; needs
                     --allow-read and --allow-write for it
  --method METHOD    what to do with the target (GET)
  --data TEXT        the body of the request
  --head             print the status and the headers, too
  --max BYTES        the largest body to take (67108864)
  -h, --help         this text`;

/** The most headers, and the longest line of a head. */
const MAX_HEADERS = 100;
const MAX_LINE = 8192;
/** How long each line and each piece of a body may take, in milliseconds. */
const TIMEOUT = 30_000;

/** What is asked for. */
interface Request {
  method: string;
  target: string;
  data?: string | undefined;
}

/** The first line and the headers of a message. */
interface Head {
  start: string;
  headers: Map<string, string>;
}

async function readLine(conn: StreamConn): Promise<string> {
  const line = await conn.readLine({ limit: MAX_LINE, timeout: TIMEOUT });
  if (line === null) throw new Error("The connection ended inside a message");
  return line;
}

async function readHead(conn: StreamConn): Promise<Head> {
  const start = await readLine(conn);
  const headers = new Map<string, string>();
  for (let line; (line = await readLine(conn)) !== "";) {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || headers.size === MAX_HEADERS) {
      throw new Error(`The head cannot be read: ${Deno.inspect(line)}`);
    }
    headers.set(name.toLowerCase(), value!);
  }
  return { start, headers };
}

function sizeOf(text: string, radix: number): number {
  const digits = radix === 16 ? /^[0-9a-f]{1,8}$/i : /^\d{1,12}$/;
  if (digits.test(text)) return parseInt(text, radix);
  throw new Error(`The size of the body cannot be read: ${Deno.inspect(text)}`);
}

/** The body of a message, piece by piece, until its length, its last chunk or the end. */
async function* readBody(
  conn: StreamConn,
  { headers }: Head,
  isRequest = false,
): AsyncGenerator<Uint8Array> {
  if (/\bchunked$/i.test(headers.get("transfer-encoding") ?? "")) {
    for (;;) {
      const size = sizeOf((await readLine(conn)).replace(/;.*/, "").trim(), 16);
      if (size === 0) break;
      yield* readExact(conn, size);
      if (await readLine(conn) !== "") throw new Error("A chunk is too long");
    }
    while (await readLine(conn) !== ""); // trailers
    return;
  }
  const length = headers.get("content-length");
  if (length !== undefined) return yield* readExact(conn, sizeOf(length, 10));
  if (isRequest) return;
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer, { timeout: TIMEOUT })) !== null;) {
    yield buffer.slice(0, n);
  }
}

/** So many bytes, as they come. */
async function* readExact(
  conn: StreamConn,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0;) {
    const buffer = new Uint8Array(Math.min(left, 64 * 1024));
    const n = await conn.read(buffer, { timeout: TIMEOUT });
    if (n === null) throw new Error("The connection ended inside the body");
    yield buffer.subarray(0, n);
    left -= n;
  }
}

/** Sends a request, and returns the head of the answer; its body is next. */
async function ask(
  conn: StreamConn,
  { method, target, data }: Request,
): Promise<Head> {
  const length = new TextEncoder().encode(data).length;
  const size = data === undefined ? "" : `Content-Length: ${length}\r\n`;
  const head = `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n`;
  await conn.send(`${head}${size}Connection: close\r\n\r\n${data ?? ""}`);
  for (;;) {
    const answer = await readHead(conn);
    if (!/^HTTP\/1\.[01] \d{3}\b/.test(answer.start)) {
      throw new Error(`This is no HTTP: ${Deno.inspect(answer.start)}`);
    }
    if (!/^\S+ 1/.test(answer.start)) return answer; // not only "100 Continue"
  }
}

/** A daemon with three answers: one of a known length, one in chunks, and no such. */
async function serveDaemon(conn: StreamConn): Promise<void> {
  const head = await readHead(conn);
  const [method = "", target = ""] = head.start.split(" ");
  let asked = "";
  for await (const piece of readBody(conn, head, true)) {
    asked += new TextDecoder().decode(piece);
  }
  const answer = (status: string, more: string, body: string) =>
    conn.send(`HTTP/1.1 ${status}\r\n${more}Connection: close\r\n\r\n${body}`);
  const whole = (status: string, body: string) =>
    answer(status, `Content-Length: ${body.length}\r\n`, body);
  if (target === "/version") {
    await whole("200 OK", `{"ApiVersion":"1.0","Method":"${method}"}\n`);
  } else if (target === "/events") {
    await answer("200 OK", "Transfer-Encoding: chunked\r\n", "");
    for (const event of ["create", "start", asked || "stop"]) {
      const line = `{"event":${JSON.stringify(event)}}\n`;
      const size = new TextEncoder().encode(line).length.toString(16);
      await conn.send(`${size}\r\n${line}\r\n`);
    }
    await conn.send("0\r\n\r\n");
  } else {
    await whole("404 Not Found", '{"message":"page not found"}\n');
  }
}

/** Asks, and prints the answer; whether its status is a success. */
async function talk(
  path: string,
  request: Request,
  { head, max }: { head: boolean; max: number },
): Promise<boolean> {
  await using conn = await connectUnix({ path, timeout: TIMEOUT });
  const answer = await ask(conn, request);
  if (head) {
    console.log(answer.start);
    for (const [name, value] of answer.headers) {
      console.log(`${name}: ${value}`);
    }
    console.log();
  }
  let left = max;
  const isEmpty = request.method === "HEAD" ||
    /^\S+ (204|304)/.test(answer.start);
  const pieces = isEmpty ? [] : readBody(conn, answer);
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) {
      throw new Error(`The body is larger than ${max} bytes; see --max`);
    }
    for (let at = 0; at < piece.length;) {
      at += await Deno.stdout.write(piece.subarray(at));
    }
  }
  return /^\S+ 2/.test(answer.start);
}

/** Runs the example. */
export async function main(args: string[]): Promise<void> {
  const options = parseArgs(args, {
    boolean: ["help", "head"],
    string: ["path", "method", "data", "max"],
    default: { method: "GET", max: "67108864" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const { method, data, head, _: [target = "/version"] } = options;
  const max = Number(options.max);
  if (!(max > 0)) throw new RangeError(`--max must be above 0: ${options.max}`);
  const request = { method, target: String(target), data };
  if (/[\s\0]/.test(request.method + request.target)) {
    throw new TypeError("A method and a target have no white space");
  }
  let isGood: boolean;
  if (options.path !== undefined) {
    isGood = await talk(options.path, request, { head, max });
  } else {
    const path = `\0berkeley-daemon-${crypto.randomUUID()}`;
    await using _daemon = await serveUnix({ path }, serveDaemon);
    isGood = await talk(path, request, { head, max });
  }
  if (!isGood) Deno.exitCode = 1;
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
