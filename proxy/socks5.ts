import { IpAddress } from "../address/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import type { TcpProxy } from "../tcp/mod.ts";
import { garbled, ProxyRefusal } from "./_proxy_errors.ts";
import { proxyOf, type ProxyRequest } from "./_proxy_server.ts";
import { credentialBytes, hex, portBytes, sendBytes } from "./_socks.ts";
import type { AuthenticatedProxyOptions } from "./proxy_options.ts";

const VERSION = 5;
/** RFC 1928 section 3: the methods of authentication. */
const NO_AUTHENTICATION = 0;
const USERNAME_PASSWORD = 2;
const NO_METHOD = 0xff;
const CONNECT = 1;
/** RFC 1928 section 5: the types of addresses. */
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** RFC 1928 section 6: the replies, as codes of errno.h and in words. */
const REPLIES: Readonly<Record<number, readonly [string, string]>> = {
  1: ["ECONNABORTED", "general failure of the proxy"],
  2: ["EACCES", "the rules of the proxy do not allow it"],
  3: ["ENETUNREACH", "network unreachable"],
  4: ["EHOSTUNREACH", "host unreachable"],
  5: ["ECONNREFUSED", "connection refused by the target"],
  6: ["ETIMEDOUT", "TTL expired"],
  7: ["ENOTSUP", "the proxy does not support CONNECT"],
  8: ["EAFNOSUPPORT", "the proxy does not support this type of address"],
};

/** What the client authenticates with. */
interface Credentials {
  readonly username: Uint8Array;
  readonly password: Uint8Array;
}

/**
 * Makes a SOCKS5 proxy (RFC 1928), by default at port 1080. With `username`, it offers
 * authentication by user name and password (RFC 1929), which the proxy sees in plain
 * text: use `tls` over networks that you do not trust.
 *
 * The reply of a proxy that does not connect decides the error: 0x01
 * `ECONNABORTED`, 0x02 `EACCES`, 0x03 `ENETUNREACH`, 0x04 `EHOSTUNREACH`, 0x05
 * `ECONNREFUSED`, 0x06 `ETIMEDOUT`, 0x07 `ENOTSUP`, 0x08 `EAFNOSUPPORT`. Refused
 * credentials are `EACCES`.
 *
 * @throws {TypeError} If an option is not of its type, or `path` is given with
 * `hostname`, `port` or `proxy`.
 * @throws {RangeError} If the port is out of range, or a user name or password has more
 * than 255 bytes.
 *
 * @example A proxy that refuses
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { socks5 } from "@berkeley/sockets/proxy";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using server = await serveTcp({ port: 0 }, async (conn) => {
 *   await conn.readExact(3); // version 5, one method: without authentication
 *   await conn.send(new Uint8Array([5, 0]));
 *   await conn.readExact(4 + 1 + "example.test".length + 2);
 *   await conn.send(new Uint8Array([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]));
 * });
 * const { port } = server.addr;
 * const proxy = socks5({ hostname: "127.0.0.1", port });
 * assertEquals(proxy.name, `the SOCKS5 proxy 127.0.0.1:${port}`);
 * await assertRejects(
 *   () => connectTcp({ hostname: "example.test", port: 80, proxy, timeout: 5000 }),
 *   Error,
 *   "connection refused by the target, reply 0x05 (ECONNREFUSED)",
 * );
 * ```
 */
export function socks5(options: AuthenticatedProxyOptions = {}): TcpProxy {
  const credentials = readCredentials(options);
  return proxyOf({
    name: "SOCKS5",
    defaultPort: 1080,
    ask: (request) => ask(request, credentials),
  }, options);
}

function readCredentials(
  { username, password }: AuthenticatedProxyOptions,
): Credentials | undefined {
  if (username !== undefined) {
    return {
      username: credentialBytes("username", username, 1),
      password: credentialBytes("password", password ?? "", 0),
    };
  }
  if (password === undefined) return undefined;
  throw new TypeError("Cannot use password: username is missing");
}

async function ask(
  { conn, host, port, signal }: ProxyRequest,
  credentials: Credentials | undefined,
): Promise<void> {
  await authenticate(conn, credentials, signal);
  const address = [...addressBytes(host), ...portBytes(port)];
  const request = [VERSION, CONNECT, 0, ...address];
  await sendBytes(conn, request, signal);
  await readReply(conn, signal);
}

function addressBytes(host: IpAddress | string): number[] {
  if (host instanceof IpAddress) {
    return [host.family === 4 ? IPV4 : IPV6, ...host.toBytes()];
  }
  return [NAME, host.length, ...new TextEncoder().encode(host)];
}

async function authenticate(
  conn: StreamConn,
  credentials: Credentials | undefined,
  signal: AbortSignal,
): Promise<void> {
  const methods = credentials === undefined
    ? [NO_AUTHENTICATION]
    : [NO_AUTHENTICATION, USERNAME_PASSWORD];
  await sendBytes(conn, [VERSION, methods.length, ...methods], signal);
  const [version, method] = await conn.readExact(2, { signal });
  checkVersion(version!);
  if (method === NO_METHOD) {
    throw new ProxyRefusal(
      "EACCES",
      credentials === undefined
        ? "the proxy requires authentication; give username and password"
        : "the proxy accepts neither a password nor no authentication",
    );
  }
  if (method === NO_AUTHENTICATION) return;
  if (method !== USERNAME_PASSWORD || credentials === undefined) {
    throw garbled(
      `the proxy chose method ${hex(method!)}, which was not offered`,
    );
  }
  const { username, password } = credentials;
  const request = [1, username.length, ...username];
  await sendBytes(conn, [...request, password.length, ...password], signal);
  const [, status] = await conn.readExact(2, { signal });
  if (status !== 0) {
    throw new ProxyRefusal(
      "EACCES",
      `the proxy refuses the user name or the password, status ${hex(status!)}`,
    );
  }
}

/** Reads the reply to the request. The address in it is of no use to clients. */
async function readReply(conn: StreamConn, signal: AbortSignal): Promise<void> {
  // A proxy that refuses may end its reply early.
  const [version, reply] = await conn.readExact(2, { signal });
  checkVersion(version!);
  if (reply !== 0) {
    const [code, text] = REPLIES[reply!] ??
      ["ECONNABORTED", "the proxy refuses for an unknown reason"];
    throw new ProxyRefusal(code, `${text}, reply ${hex(reply!)}`);
  }
  const [, type] = await conn.readExact(2, { signal });
  const size = type === IPV4
    ? 4
    : type === IPV6
    ? 16
    : type === NAME
    ? (await conn.readExact(1, { signal }))[0]!
    : undefined;
  if (size === undefined) {
    throw garbled(`the proxy replied with address type ${hex(type!)}`);
  }
  await conn.readExact(size + 2, { signal });
}

function checkVersion(version: number): void {
  if (version === VERSION) return;
  throw garbled(
    `the proxy does not speak SOCKS5: its answer begins with ${hex(version)}`,
  );
}
