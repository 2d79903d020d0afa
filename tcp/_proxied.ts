import { formatHostPort, type NetAddr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import { numericAddress } from "../internal/hosts/mod.ts";
import { type Wait, waitFor, type WaitOptions } from "../internal/wait/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { takeOver } from "../stream/_seam.ts";
import type { StreamConn } from "../stream/mod.ts";
import { ProxiedTransport } from "./_proxied_transport.ts";
import { TcpConn } from "./conn.ts";
import type { TcpProxy } from "./proxy.ts";

/** The most that `peek` takes, in bytes. */
const MAX_PEEK = 64 * 1024;

/** What a proxy connects to: a host by name or address, and a port. */
export interface ProxyTarget {
  readonly hostname: string;
  readonly port: number;
}

/** Connections to proxies that are no connections of TCP. */
export interface OtherWays {
  /** Connects to a unix socket. */
  connectUnix(
    options: { path: string; signal: AbortSignal },
  ): Promise<StreamConn>;
  /** Starts TLS as a client. */
  startTls(conn: StreamConn, options: object): Promise<StreamConn>;
}

/** How to reach proxies from a host. */
export interface ProxyDial {
  /** Connects over TCP. */
  connectTcp(to: ProxyTarget): Promise<StreamConn>;
  /** The other ways of a simulated host; undefined for those of this host. */
  readonly ways?: OtherWays | undefined;
  /** The options of the caller that are about names. */
  readonly resolver: AddressFinder | undefined;
  readonly family: 4 | 6 | undefined;
  /** Aborts when the caller no longer waits. */
  readonly signal: AbortSignal;
}

/**
 * Resolves with a connection to the target through the proxy, or with undefined if the
 * target is to be reached without it.
 */
export type OpenTunnel = (
  target: ProxyTarget,
  dial: ProxyDial,
) => Promise<StreamConn | undefined>;

const TUNNELS = new WeakMap<TcpProxy, OpenTunnel>();

/** Makes a proxy of its name and its protocol. */
export function makeProxy(name: string, open: OpenTunnel): TcpProxy {
  const proxy: TcpProxy = Object.freeze({ name });
  TUNNELS.set(proxy, open);
  return proxy;
}

/**
 * Returns the protocol of a proxy.
 *
 * @throws {TypeError} If it is none that `makeProxy` made.
 */
export function tunnelOf(proxy: TcpProxy): OpenTunnel {
  const open = TUNNELS.get(proxy);
  if (open !== undefined) return open;
  throw new TypeError(
    `Cannot use proxy ${
      showValue(proxy)
    }: socks5(), socks4a() or httpConnect() must make it`,
  );
}

/** The options of a connection that matter here. It has those of `connectTcp` beside. */
export interface ConnectRequest extends WaitOptions {
  hostname?: string | undefined;
  port: number;
  proxy?: TcpProxy | undefined;
  resolver?: AddressFinder | undefined;
  family?: 4 | 6 | undefined;
  highWaterMark?: number | undefined;
}

/** Connects by `connect`, through the proxy of the options. */
export async function connectThrough(
  connect: (options: ConnectRequest) => Promise<TcpConn>,
  options: ConnectRequest & { readonly proxy: TcpProxy },
  asked: ProxyTarget,
  wait: Wait | undefined,
  ways: OtherWays | undefined,
): Promise<TcpConn> {
  const { proxy, resolver, family } = options;
  const { port } = asked;
  const hostname = numericAddress(asked)?.hostname ?? asked.hostname;
  const open = tunnelOf(proxy);
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const near = { ...options, proxy: undefined, signal, timeout: undefined };
  const opening = open({ hostname, port }, {
    connectTcp: (to) => connect({ ...near, ...to }),
    ...{ ways, resolver, family, signal },
  }).then(async (conn) =>
    conn === undefined
      ? await connect({ ...near, hostname, port })
      : await finish(conn, { transport: "tcp", hostname, port }, options)
  );
  return await waitFor(
    opening,
    wait,
    () =>
      socketError("ETIMEDOUT", {
        action: `connect to ${
          formatHostPort(hostname, port)
        } through ${proxy.name}`,
        syscall: "connect",
      }),
    (reason) => {
      giveUp.abort(reason);
      // It may have ended well in the very moment of the cancellation.
      opening.then((late) => late.close(), () => {});
    },
  );
}

/** Makes the connection to the target of the connection to the proxy. */
async function finish(
  conn: StreamConn,
  remoteAddr: NetAddr,
  { highWaterMark }: ConnectRequest,
): Promise<TcpConn> {
  const taken = takeOver(conn, "connect", "it is the connection to the target");
  const transport = new ProxiedTransport(taken, remoteAddr);
  const result = new TcpConn(transport, { highWaterMark });
  // So that `buffered`, `detach` and TLS know of what the target has sent already.
  const count = Math.min(taken.buffered.length, MAX_PEEK);
  if (count > 0) await result.peek(count);
  return result;
}
