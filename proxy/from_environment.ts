import { envVariable } from "../internal/runtime/mod.ts";
import { makeProxy, tunnelOf } from "../tcp/_proxied.ts";
import type { TcpProxy } from "../tcp/mod.ts";
import { parseExceptions } from "./_no_proxy.ts";
import { httpConnect } from "./http_connect.ts";
import { socks4a } from "./socks4a.ts";
import { socks5 } from "./socks5.ts";

/** The variables that name a proxy, the first one that is set decides. */
const VARIABLES = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPTIONS = ["no_proxy", "NO_PROXY"];
const SCHEMES = "http, https, socks5, socks5h or socks4a";

/**
 * Returns the proxy that the environment of the program names, or undefined if it names
 * none.
 *
 * The first variable that is set and not empty decides: `https_proxy`, `HTTPS_PROXY`,
 * `all_proxy`, `ALL_PROXY`. Its value is a URL such as `http://user:password@host:8080`,
 * with one of the schemes `http` (the default), `https` (behind TLS), `socks5`,
 * `socks5h` and `socks4a`. The proxy resolves names with each of them.
 *
 * `no_proxy`, or else `NO_PROXY`, lists targets to connect to directly, separated by
 * commas: a domain (`example.test` with all names below it), an IP address, a prefix
 * (`10.0.0.0/8`), each also with a port (`example.test:25`), or `*` for all. Names are not
 * looked up to compare them with addresses.
 *
 * A variable counts only if the program may read it already: `--allow-env`, or
 * `--allow-env=HTTPS_PROXY,…`. It never prompts.
 *
 * @throws {TypeError} If a variable is not such a URL, or an exception is malformed.
 *
 * @example A client that works behind a proxy
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { proxyFromEnvironment } from "@berkeley/sockets/proxy";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * const proxy = proxyFromEnvironment(); // undefined without --allow-env
 * using conn = await connectTcp({ ...listener.addr, proxy, timeout: 5000 });
 * assertEquals(conn.remoteAddr, listener.addr);
 * ```
 */
export function proxyFromEnvironment(): TcpProxy | undefined {
  const found = firstOf(VARIABLES);
  if (found === undefined) return undefined;
  const { variable, value } = found;
  const proxy = parseProxy(variable, value);
  const list = firstOf(EXCEPTIONS);
  if (list === undefined) return proxy;
  const isException = parseExceptions(list.variable, list.value);
  const open = tunnelOf(proxy);
  return makeProxy(proxy.name, async (target, dial) => {
    if (isException(target)) return undefined;
    return await open(target, dial);
  });
}

function firstOf(
  variables: readonly string[],
): { variable: string; value: string } | undefined {
  for (const variable of variables) {
    const value = envVariable(variable)?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

/** Parses the URL of a proxy. Its errors do not quote it: it may hold a password. */
function parseProxy(variable: string, value: string): TcpProxy {
  const text = value.includes("://") ? value : `http://${value}`;
  const scheme = text.slice(0, text.indexOf(":")).toLowerCase();
  // Other schemes than http have their own rules for hosts and ports.
  const url = parseUrl(`http${text.slice(scheme.length)}`);
  if (url === undefined || url.hostname === "") {
    throw new TypeError(`Cannot use ${variable}: it is not the URL of a proxy`);
  }
  const defaultPort = { http: 80, https: 443 }[scheme] ?? 1080;
  // A port of 80 is the default of the parser, which drops it.
  const isPort80 = /:0*80(?:[/?#]|$)/.test(text.slice(text.indexOf("@") + 1));
  const port = Number(url.port) || (isPort80 ? 80 : defaultPort);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const own = { hostname, port };
  const username = decoded(variable, url.username) || undefined;
  const password = username && decoded(variable, url.password);
  try {
    switch (scheme) {
      case "http":
        return httpConnect({ ...own, username, password });
      case "https":
        return httpConnect({ ...own, username, password, tls: true });
      case "socks5":
      case "socks5h":
        return socks5({ ...own, username, password });
      case "socks4a":
        return socks4a({ ...own, username });
    }
  } catch (error) {
    const { message } = error as Error;
    throw new TypeError(`Cannot use ${variable}: ${message}`);
  }
  throw new TypeError(
    `Cannot use ${variable}: the scheme of its URL must be ${SCHEMES}`,
  );
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decoded(variable: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(
      `Cannot use ${variable}: its credentials are not percent-encoded UTF-8`,
    );
  }
}
