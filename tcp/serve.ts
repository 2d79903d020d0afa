import type { NetAddr } from "../address/mod.ts";
import { checkType } from "../internal/check/mod.ts";
import { announce, readServeOptions } from "../stream/_seam.ts";
import {
  type ServeInfo,
  type ServeOptions,
  type ServeStats,
  type StreamHandler,
  StreamServer,
} from "../stream/mod.ts";
import { readListenOptions } from "./_listen_options.ts";
import type { TcpConn } from "./conn.ts";
import { HERE, type TcpNetwork } from "./_network.ts";
import { listenOver } from "./listen.ts";
import type { ListenTcpOptions } from "./listen_options.ts";

/** How to listen and serve. */
export interface ServeTcpOptions
  extends ListenTcpOptions, Omit<ServeOptions<TcpConn>, "signal"> {
  /** Called once, when the server listens. */
  onListen?: ((addr: NetAddr) => void) | undefined;
}

/** What a TCP server has done so far. */
export type ServeTcpStats = ServeStats;
/** What a handler is told beside its connection. */
export type ServeTcpInfo = ServeInfo;
/**
 * Serves one connection. When it returns, the connection is closed, after all
 * that it has sent has left.
 */
export type TcpHandler = StreamHandler<TcpConn>;

/**
 * A running TCP server, made by {@linkcode serveTcp}. {@linkcode StreamServer} has
 * its methods.
 *
 * @example What it has done
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.send("hi\n"),
 * );
 * using conn = await connectTcp(server.addr);
 * assertEquals(await conn.readLine(), "hi");
 * assertEquals(server.stats.accepted, 1);
 * ```
 */
export class TcpServer extends StreamServer<NetAddr, TcpConn> {}

/**
 * Serves TCP: calls `handler` for each connection, as `Deno.serve` does for each
 * request. A handler that throws ends its own connection only, and accepts that
 * fail for want of descriptors are tried again, after a pause.
 *
 * When `options.signal` aborts, the server shuts down at once.
 *
 * @throws As {@linkcode listenTcp} does; `RangeError` when
 * `maxConnections` or `idleTimeout` is out of range; `TypeError` when an
 * option or `handler` is not of its type.
 *
 * @example An echo server
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.readable.pipeTo(conn.writable),
 * );
 *
 * using conn = await connectTcp(server.addr);
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine(), "hello");
 * await conn.closeWrite();
 * await server.shutdown();
 * ```
 */
export async function serveTcp(
  options: ServeTcpOptions,
  handler: TcpHandler,
): Promise<TcpServer> {
  return await serveOver(HERE, options, handler);
}

/** Serves on a host of a network. */
export async function serveOver(
  network: TcpNetwork,
  options: ServeTcpOptions,
  handler: TcpHandler,
): Promise<TcpServer> {
  const { maxConnections, idleTimeout, onError, onListen } = options;
  const listening = readListenOptions(options);
  const { signal } = listening;
  const serving = readServeOptions<TcpConn>(
    { maxConnections, idleTimeout, onError, signal },
    handler,
  );
  checkType("onListen", onListen, "function");
  const listener = await listenOver(network, listening);
  const server = new TcpServer(listener, handler, serving);
  return await announce(server, onListen);
}
