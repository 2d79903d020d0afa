import { formatHostPort } from "../address/mod.ts";
import { MessageTooLongError, socketError } from "../errors/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import type { TcpProxy } from "../tcp/mod.ts";
import { garbled, ProxyRefusal } from "./_proxy_errors.ts";
import { proxyOf, type ProxyRequest } from "./_proxy_server.ts";
import type { AuthenticatedProxyOptions } from "./proxy_options.ts";

/** The longest answer of a proxy up to the target's first byte, in bytes. */
const MAX_ANSWER = 16 * 1024;
const TOO_LONG = `the answer of the proxy has more than ${MAX_ANSWER} bytes`;

/** The statuses of answers, as codes of errno.h. */
const CODES: Readonly<Record<number, string>> = {
  401: "EACCES",
  403: "EACCES",
  405: "ENOTSUP",
  407: "EACCES",
  501: "ENOTSUP",
  502: "EHOSTUNREACH",
  503: "EHOSTUNREACH",
  504: "ETIMEDOUT",
};

/** Options of an HTTP proxy. */
export interface HttpConnectOptions extends AuthenticatedProxyOptions {
  /**
   * Header fields of the request beside `Host`, such as a `Proxy-Authorization` of
   * another scheme than Basic. Defaults to none.
   */
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Makes an HTTP proxy, which connects by CONNECT of HTTP/1.1 (RFC 9110 section 9.3.6). Its
 * port defaults to 8080. With `username`, it authenticates by Basic (RFC 7617), which
 * the proxy sees in plain text: use `tls` over networks that you do not trust.
 *
 * The status of a proxy that does not connect decides the error: 401, 403 and
 * 407 `EACCES`, 405 and 501 `ENOTSUP`, 502 and 503 `EHOSTUNREACH`, 504 `ETIMEDOUT`,
 * others `ECONNABORTED`. An answer of more than 16 KiB is `EPROTO`.
 *
 * @throws {TypeError} If an option is not of its type, a header field is not well-formed,
 * or `path` is given with `hostname`, `port` or `proxy`.
 * @throws {RangeError} If the port is out of range.
 *
 * @example A proxy that wants a password
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { httpConnect } from "@berkeley/sockets/proxy";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp({ port: 0 }, async (conn) => {
 *   let isKnown = false;
 *   for await (const line of conn.lines()) {
 *     isKnown ||= line === `Proxy-Authorization: Basic ${btoa("ann:secret")}`;
 *     if (line === "") break;
 *   }
 *   const status = isKnown ? "200 OK" : "407 Proxy Authentication Required";
 *   await conn.send(`HTTP/1.1 ${status}\r\n\r\n`);
 *   await conn.send("220 ready\r\n"); // what the target sends
 * });
 * const { port } = server.addr;
 * const own = { hostname: "127.0.0.1", port };
 * const target = { hostname: "example.test", port: 25, timeout: 5000 };
 *
 * const error = await connectTcp({ ...target, proxy: httpConnect(own) })
 *   .catch((error) => error);
 * assertEquals(error.code, "EACCES");
 *
 * const proxy = httpConnect({ ...own, username: "ann", password: "secret" });
 * using conn = await connectTcp({ ...target, proxy });
 * assertEquals(await conn.readLine(), "220 ready");
 * ```
 */
export function httpConnect(options: HttpConnectOptions = {}): TcpProxy {
  const fields = readFields(options);
  return proxyOf({
    name: "HTTP",
    defaultPort: 8080,
    ask: (request) => ask(request, fields),
  }, options);
}

/** The header fields beside `Host`, each with its end of the line. */
function readFields(
  { username, password, headers }: HttpConnectOptions,
): string {
  const own = Object.entries({ ...headers });
  for (const [name, value] of own) checkField(name, value);
  const names = own.map(([name]) => name.toLowerCase());
  if (names.includes("host")) {
    throw new TypeError("Cannot use header Host: it names the target");
  }
  if (username !== undefined) {
    if (names.includes("proxy-authorization")) {
      throw new TypeError(
        "Cannot use username: headers has a Proxy-Authorization",
      );
    }
    own.push(["Proxy-Authorization", basic(username, password ?? "")]);
  } else if (password !== undefined) {
    throw new TypeError("Cannot use password: username is missing");
  }
  return own.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

function checkField(name: string, value: unknown): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new TypeError(
      `Cannot use header ${JSON.stringify(name)}: not the name of a field`,
    );
  }
  if (typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value)) return;
  throw new TypeError(
    `Cannot use the value of header ${name}: it must be printable ASCII`,
  );
}

/** RFC 7617 section 2. */
function basic(username: string, password: string): string {
  for (const [name, text] of Object.entries({ username, password })) {
    if (typeof text !== "string") {
      throw new TypeError(`Cannot use ${name}: it must be a string`);
    }
    // deno-lint-ignore no-control-regex -- control characters are what to refuse
    if (/[\x00-\x1f\x7f]/.test(text)) {
      throw new TypeError(`Cannot use ${name}: it has control characters`);
    }
  }
  if (username.includes(":")) {
    throw new TypeError("Cannot use username: Basic would end it at its colon");
  }
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

async function ask(
  { conn, host, port, signal }: ProxyRequest,
  fields: string,
): Promise<void> {
  const authority = formatHostPort(`${host}`, port);
  await conn.writeAll(
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${fields}\r\n`,
    { signal },
  );
  const read = answerLines(conn, signal);
  for (;;) {
    const { status, text } = parseStatus(await read());
    if (status >= 300) throw refusal(status, text);
    while (await read() !== "");
    // RFC 9110 section 9.3.6: the tunnel begins behind the header fields of any 2xx.
    if (status >= 200) return;
  }
}

/** Reads the lines of an answer, all of them within its limit. */
function answerLines(
  conn: StreamConn,
  signal: AbortSignal,
): () => Promise<string> {
  let left = MAX_ANSWER;
  return async () => {
    if (left === 0) throw garbled(TOO_LONG);
    // Unlike readLine(), it takes the end of the stream for no end of a line.
    const line = await conn.readUntil("\n", { limit: left, signal }).catch(
      (error) => {
        throw error instanceof MessageTooLongError ? garbled(TOO_LONG) : error;
      },
    );
    if (line === null) {
      throw socketError("EOF", { action: "read the answer", syscall: "read" });
    }
    left -= line.length;
    return new TextDecoder().decode(line).replace(/\r?\n$/, "");
  };
}

function parseStatus(line: string): { status: number; text: string } {
  const found = /^HTTP\/1\.[01] ([1-9]\d\d)(?: (.*))?$/.exec(line);
  if (found === null) {
    throw garbled("the proxy does not speak HTTP/1.1: it has no status line");
  }
  return { status: Number(found[1]), text: found[2] ?? "" };
}

function refusal(status: number, text: string): ProxyRefusal {
  // The text is the proxy's own: nothing of it may look like another line.
  const shown = text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 100).trim();
  const reason = `the proxy answers ${status}${shown && ` ${shown}`}`;
  return new ProxyRefusal(CODES[status] ?? "ECONNABORTED", reason);
}
