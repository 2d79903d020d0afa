import {
  checkPort,
  formatHostPort,
  type IpAddress,
  SOCK_STREAM,
} from "../address/mod.ts";
import type { SocketErrorContext } from "../errors/mod.ts";
import { checkChoice, checkType, showValue } from "../internal/check/mod.ts";
import { findAddress } from "../internal/hosts/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import {
  makeProxy,
  type ProxyDial,
  type ProxyTarget,
  tunnelOf,
} from "../tcp/_proxied.ts";
import type { TcpProxy } from "../tcp/mod.ts";
import type { TlsClientOptions } from "../tls/mod.ts";
import { explain, unreachable } from "./_proxy_errors.ts";
import { targetHost } from "./_target_host.ts";
import type { ProxyOptions } from "./proxy_options.ts";

/** What distinguishes the protocols of proxies. */
export interface ProxyProtocol {
  /** How errors name it: `SOCKS5`. */
  readonly name: string;
  readonly defaultPort: number;
  /** Asks the proxy for a target, and resolves when it has connected to it. */
  ask(request: ProxyRequest): Promise<void>;
}

/** A connection to a proxy, and what it is to connect to. */
export interface ProxyRequest {
  readonly conn: StreamConn;
  /** The host as proxies are asked for it. */
  readonly host: IpAddress | string;
  readonly port: number;
  readonly signal: AbortSignal;
}

/** Where a proxy is, all of it checked. */
interface Place {
  readonly hostname: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly tls: TlsClientOptions | undefined;
  readonly proxy: TcpProxy | undefined;
  readonly isLocal: boolean;
}

/** Makes the proxy of a protocol; reads each of the options once. */
export function proxyOf(
  { name, defaultPort, ask }: ProxyProtocol,
  options: ProxyOptions,
): TcpProxy {
  const place = readPlace(options, defaultPort);
  const { hostname, port, path, isLocal } = place;
  const shown = path?.replace(/^\0/, "@") ?? formatHostPort(hostname, port);
  const proxyName = `the ${name} proxy ${shown}`;
  return makeProxy(proxyName, async (asked, dial) => {
    const { signal } = dial;
    const subject = formatHostPort(asked.hostname, asked.port);
    const action = `connect to ${subject} through ${proxyName}`;
    const remoteAddr = { transport: "tcp" as const, ...asked };
    const context = { action, syscall: "connect", remoteAddr };
    const host = isLocal
      ? await resolved(asked, dial, context)
      : targetHost(asked.hostname);
    const conn = await reach(place, dial).catch((error) => {
      signal.throwIfAborted();
      throw unreachable(error, context);
    });
    try {
      signal.throwIfAborted();
      await ask({ conn, host, port: asked.port, signal });
      return conn;
    } catch (error) {
      conn.close();
      signal.throwIfAborted();
      throw explain(error, context);
    }
  });
}

function readPlace(options: ProxyOptions, defaultPort: number): Place {
  const { hostname, port, path, tls, proxy, resolve } = options;
  checkType("hostname", hostname, "string");
  checkType("path", path, "string");
  if (port !== undefined && checkPort(port) === 0) {
    throw new RangeError(
      "Cannot use port 0 of a proxy: it stands for any port",
    );
  }
  checkChoice("resolve", resolve, ["remote", "local"]);
  if (proxy !== undefined) tunnelOf(proxy);
  const others = hostname ?? port ?? proxy;
  if (path !== undefined && others !== undefined) {
    throw new TypeError(
      "Cannot use path with hostname, port or proxy: a unix socket is on this host",
    );
  }
  return {
    hostname: hostname ?? "127.0.0.1",
    port: port ?? defaultPort,
    ...{ path, proxy, tls: readTls(tls) },
    isLocal: resolve === "local",
  };
}

function readTls(tls: ProxyOptions["tls"]): TlsClientOptions | undefined {
  if (tls === undefined || typeof tls === "boolean") {
    return tls ? {} : undefined;
  }
  if (typeof tls === "object" && tls !== null) return { ...tls };
  throw new TypeError(
    `Cannot use tls ${showValue(tls)}: it must be a boolean or an object`,
  );
}

/** Resolves with an address of the target. */
async function resolved(
  target: ProxyTarget,
  { resolver, family, signal }: ProxyDial,
  context: SocketErrorContext,
): Promise<IpAddress> {
  const lookup = { ...target, resolver, family, socktype: SOCK_STREAM };
  const { ip } = await findAddress(lookup, { signal }, context);
  return targetHost(`${ip}`) as IpAddress;
}

/** Connects to the proxy: over TCP, a unix socket or another proxy, and by TLS. */
async function reach(place: Place, dial: ProxyDial): Promise<StreamConn> {
  const { hostname, tls } = place;
  const conn = await reachPlain(place, dial);
  if (tls === undefined) return conn;
  const { signal } = dial;
  try {
    const { startTls } = dial.ways ?? await import("../tls/mod.ts");
    const wait = { signal, timeout: Infinity };
    return await startTls(conn, { hostname, ...tls, ...wait });
  } catch (error) {
    conn.close();
    throw error;
  }
}

async function reachPlain(
  { hostname, port, path, proxy }: Place,
  dial: ProxyDial,
): Promise<StreamConn> {
  if (path !== undefined) {
    const { connectUnix } = dial.ways ?? await import("../unix/mod.ts");
    return await connectUnix({ path, signal: dial.signal });
  }
  const to = { hostname, port };
  const behind = proxy && await tunnelOf(proxy)(to, dial);
  return behind ?? await dial.connectTcp(to);
}
