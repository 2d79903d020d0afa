import { IpAddress } from "../address/mod.ts";
import type { TcpProxy } from "../tcp/mod.ts";
import { garbled, ProxyRefusal } from "./_proxy_errors.ts";
import { proxyOf, type ProxyRequest } from "./_proxy_server.ts";
import { credentialBytes, hex, portBytes, sendBytes } from "./_socks.ts";
import type { ProxyOptions } from "./proxy_options.ts";

const CONNECT = 1;
const GRANTED = 0x5a;
/** An address that is none: a name follows. */
const NAME_FOLLOWS = [0, 0, 0, 1];

/** The replies, as codes of errno.h and in words. */
const REPLIES: Readonly<Record<number, readonly [string, string]>> = {
  0x5b: ["ECONNABORTED", "request rejected or failed"],
  0x5c: ["EACCES", "the proxy cannot reach identd on this host"],
  0x5d: ["EACCES", "identd on this host reports another user"],
};

/** Options of a SOCKS4A proxy. */
export interface Socks4aOptions extends ProxyOptions {
  /** The user ID, which is sent as it is. Defaults to an empty one. */
  username?: string | undefined;
}

/**
 * Makes a SOCKS4A proxy, by default at port 1080. It carries IPv4 addresses and names,
 * and knows no password: prefer {@linkcode socks5} if the proxy has both.
 *
 * Reply 0x5b is `ECONNABORTED`; 0x5c and 0x5d are `EACCES`. An IPv6 address as the target
 * is `EAFNOSUPPORT`.
 *
 * @throws {TypeError} If an option is not of its type, or `path` is given with
 * `hostname`, `port` or `proxy`.
 * @throws {RangeError} If the port is out of range, or the user ID has more than 255
 * bytes.
 *
 * @example A proxy that connects
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { socks4a } from "@berkeley/sockets/proxy";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp({ port: 0 }, async (conn) => {
 *   await conn.readExact(8 + 1 + "example.test".length + 1);
 *   await conn.send(new Uint8Array([0, 0x5a, 0, 0, 0, 0, 0, 0]));
 *   await conn.send("220 ready\r\n"); // what the target sends
 * });
 * const proxy = socks4a({ hostname: "127.0.0.1", port: server.addr.port });
 * using conn = await connectTcp({
 *   hostname: "example.test",
 *   port: 25,
 *   proxy,
 *   timeout: 5000,
 * });
 * assertEquals(await conn.readLine(), "220 ready");
 * assertEquals(conn.remoteAddr.hostname, "example.test");
 * ```
 */
export function socks4a(options: Socks4aOptions = {}): TcpProxy {
  const { username = "" } = options;
  const user = credentialBytes("username", username, 0);
  if (user.includes(0)) {
    throw new TypeError("Cannot use username: a zero byte would end it");
  }
  return proxyOf({
    name: "SOCKS4A",
    defaultPort: 1080,
    ask: (request) => ask(request, user),
  }, options);
}

async function ask(
  { conn, host, port, signal }: ProxyRequest,
  user: Uint8Array,
): Promise<void> {
  const head = [4, CONNECT, ...portBytes(port)];
  if (!(host instanceof IpAddress)) {
    const name = new TextEncoder().encode(host);
    head.push(...NAME_FOLLOWS, ...user, 0, ...name, 0);
  } else if (host.family === 4) {
    head.push(...host.toBytes(), ...user, 0);
  } else {
    throw new ProxyRefusal("EAFNOSUPPORT", "SOCKS4A has no IPv6 addresses");
  }
  await sendBytes(conn, head, signal);
  const [version, reply] = await conn.readExact(8, { signal });
  // Some proxies put their version there.
  if (version !== 0 && version !== 4) {
    throw garbled(
      `the proxy does not speak SOCKS4A: its answer begins with ${
        hex(version!)
      }`,
    );
  }
  if (reply === GRANTED) return;
  const [code, text] = REPLIES[reply!] ??
    ["ECONNABORTED", "the proxy refuses for an unknown reason"];
  throw new ProxyRefusal(code, `${text}, reply ${hex(reply!)}`);
}
