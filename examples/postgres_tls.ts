/**
 * TLS after an upgrade byte, as PostgreSQL has it: asks a server by SSLRequest, and
 * starts a session in secret; or is a server that says no more than hello.
 *
 * @module
 */
import {
  connectTcp,
  formatHostPort,
  serveTcp,
  startTls,
  type StreamConn,
  type TcpServer,
} from "@berkeley/sockets";
import { makeCertificate } from "@berkeley/sockets/testing";
import { parseArgs } from "@std/cli/parse-args";

const USAGE = `Usage: postgres_tls [HOST [PORT] | serve [PORT]] [options]

Asks the PostgreSQL server on PORT (5432) for TLS, and tells how it greets a user.
Without a HOST, does so with a server of its own.

  --user NAME     who logs in (postgres)
  --ca            trust the certificates on stdin, in PEM, too
  --name NAME     whose certificate it must be (HOST)
  --timeout MS    how long all of it may take (10000)
  -h, --help      this text

serve prints the certificate that it made for localhost.`;

/** The request for TLS: its length, and a number that is no version. */
const SSL_REQUEST = integers(8, 80877103);
/** The version of the protocol: 3.0. */
const VERSION = 196608;
/** More than a message of the start may have, in bytes. */
const MAX_MESSAGE = 10_000;

const YES = "S".charCodeAt(0);
const NO = "N".charCodeAt(0);

/** Numbers of 32 bits, in network byte order. */
function integers(...numbers: number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((number, i) => view.setInt32(4 * i, number));
  return new Uint8Array(view.buffer);
}

/** What a stranger sends is not for the terminal to obey. */
function printable(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/\p{Cc}/gu, " ").trim();
}

/** Reads a length, which counts itself, and as many bytes. */
async function readBody(
  conn: StreamConn,
  options: { signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const head = await conn.readExact(4, options);
  const length = new DataView(head.buffer).getInt32(0);
  if (length < 4 || length > MAX_MESSAGE) {
    throw new Error(`A message has ${length} bytes`);
  }
  return await conn.readExact(length - 4, options);
}

/** Asks for TLS, and then says who the user is. */
async function converse(
  server: { hostname: string; port: number },
  trust: { hostname: string; caCerts: string[] },
  user: string,
  signal: AbortSignal,
): Promise<void> {
  using plain = await connectTcp({ ...server, signal });
  const { hostname, port } = plain.remoteAddr;
  console.log(`Connected to ${formatHostPort(hostname, port)}`);
  await plain.send(SSL_REQUEST);
  const [answer] = await plain.readExact(1, { signal });
  if (answer === NO) throw new Error("The server has no TLS");
  if (answer !== YES) throw new Error("The server speaks another protocol");

  // It refuses plain bytes behind the answer (CVE-2021-23222).
  await using conn = await startTls(plain, { ...trust, signal });
  console.log(`The server is ${trust.hostname}, in secret`);
  const parameters = new TextEncoder().encode(`user\0${user}\0\0`);
  await conn.send(integers(8 + parameters.length, VERSION));
  await conn.send(parameters);
  const [type = 0] = await conn.readExact(1, { signal });
  const body = await readBody(conn, { signal });
  if (type === "E".charCodeAt(0)) throw new Error(printable(body));
  if (type !== "R".charCodeAt(0)) throw new Error("The server is not ready");
  const method = new DataView(body.buffer, body.byteOffset).getInt32(0);
  const how = method === 0 ? "welcomes" : "asks for the password of";
  console.log(`It ${how} ${user}`);
}

/** Serves the start of the protocol on loopback; lets everybody in over TLS. */
function serveStart(
  port: number,
  pair: { cert: string; key: string },
): Promise<TcpServer> {
  const onError = (error: unknown) => console.error(String(error));
  const options = { hostname: "127.0.0.1", port, onError, idleTimeout: 60_000 };
  return serveTcp(options, async (plain) => {
    const request = await plain.readExact(SSL_REQUEST.length);
    if (!request.every((byte, i) => byte === SSL_REQUEST[i])) {
      throw new Error("The client asks for no TLS");
    }
    await plain.send(Uint8Array.of(YES));
    await using conn = await startTls(plain, { isServer: true, ...pair });
    const [, user = ""] = printable((await readBody(conn)).subarray(4))
      .split(" ");
    console.log(`${user} is here`);
    await conn.send("R");
    await conn.send(integers(8, 0)); // AuthenticationOk
    await conn.closeWrite();
  });
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
    boolean: ["help", "ca"],
    string: ["name", "timeout", "user"],
    default: { timeout: "10000", user: "postgres" },
    alias: { help: "h" },
    unknown: (word, option) => {
      if (option !== undefined) throw new TypeError(`No such option: ${word}`);
    },
  });
  if (options.help) return console.log(USAGE);
  const [hostname, port = hostname === "serve" ? "0" : "5432"] = options._
    .map(String);
  const timeout = Number(options.timeout);
  if (!(timeout > 0)) {
    throw new RangeError(`--timeout must be above 0: ${timeout}`);
  }
  const talk = async (host: string, port: number, ...caCerts: string[]) => {
    const signal = AbortSignal.timeout(timeout);
    const trust = { hostname: options.name ?? host, caCerts };
    const server = { hostname: host, port };
    await converse(server, trust, options.user, signal).catch((error) => {
      throw signal.aborted
        ? new Error(`It takes longer than ${timeout} ms`)
        : error;
    });
  };

  if (hostname === undefined) {
    const pair = await makeCertificate();
    await using server = await serveStart(0, pair);
    return await talk("localhost", server.addr.port, pair.cert);
  }
  if (hostname === "serve") {
    const pair = await makeCertificate();
    await using server = await serveStart(Number(port), pair);
    console.log(`Clients are taken on 127.0.0.1 port ${server.addr.port}`);
    console.log(pair.cert);
    return await interrupted();
  }
  const caCerts = options.ca
    ? [await new Response(Deno.stdin.readable).text()]
    : [];
  await talk(hostname, Number(port), ...caCerts);
}

if (import.meta.main) {
  await main(Deno.args).catch((error) => {
    console.error(error.message);
    const isMisuse = /^(Type|Range|Syntax)Error$/.test(error.name);
    Deno.exit(isMisuse ? 2 : 1);
  });
}
