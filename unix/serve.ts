import type { UnixAddr } from "../address/mod.ts";
import { checkType } from "../internal/check/mod.ts";
import { checkWait, retrace } from "../internal/wait/mod.ts";
import { announce, readServeOptions } from "../stream/_seam.ts";
import {
  type ServeOptions,
  type StreamHandler,
  StreamServer,
} from "../stream/mod.ts";
import { readListenOptions } from "./_listen_options.ts";
import type { UnixConn } from "./conn.ts";
import { HERE, type UnixNetwork } from "./_network.ts";
import { listenOver } from "./listen.ts";
import type { ListenUnixOptions } from "./listen_options.ts";

/** How to listen and serve. */
export interface ServeUnixOptions
  extends ListenUnixOptions, ServeOptions<UnixConn> {
  /** Called once, when the server listens. */
  onListen?: ((addr: UnixAddr) => void) | undefined;
}

/**
 * Serves one connection. When it returns, the connection is closed, after all that it
 * has sent has left.
 */
export type UnixHandler = StreamHandler<UnixConn>;

/**
 * A running server on a unix socket, made by {@linkcode serveUnix}.
 * {@linkcode StreamServer} has its methods. See the example of {@linkcode serveUnix}.
 */
export class UnixServer extends StreamServer<UnixAddr, UnixConn> {}

/**
 * Serves a unix socket: calls `handler` for each connection, as `Deno.serve` does for
 * each request. A handler that throws ends only its own connection, and accepts that
 * fail for want of descriptors are tried again, after a pause.
 *
 * When `options.signal` aborts, the server shuts down at once.
 *
 * @throws As {@linkcode listenUnix} does; `RangeError` if `maxConnections` or
 * `idleTimeout` is out of range; `TypeError` if an option or `handler` is not of its
 * type.
 *
 * @example An echo server
 * ```ts
 * import { connectUnix, serveUnix, type UnixServer } from "@berkeley/sockets/unix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`;
 *   await using server: UnixServer = await serveUnix(
 *     { path },
 *     (conn) => conn.readable.pipeTo(conn.writable),
 *   );
 *   using conn = await connectUnix({ path });
 *   await conn.send("hello\n");
 *   assertEquals(await conn.readLine(), "hello");
 *   assertEquals(server.stats.accepted, 1);
 * }
 * ```
 */
export async function serveUnix(
  options: ServeUnixOptions,
  handler: UnixHandler,
): Promise<UnixServer> {
  try {
    return await serveOver(HERE, options, handler);
  } catch (error) {
    throw retrace(error);
  }
}

/** Serves on a host. */
export async function serveOver(
  network: UnixNetwork,
  options: ServeUnixOptions,
  handler: UnixHandler,
): Promise<UnixServer> {
  const { maxConnections, idleTimeout, onError, onListen, signal } = options;
  const listening = readListenOptions(options);
  const serving = readServeOptions<UnixConn>(
    { maxConnections, idleTimeout, onError, signal },
    handler,
  );
  checkType("onListen", onListen, "function");
  checkWait({ signal });
  const listener = await listenOver(network, listening);
  const server = new UnixServer(listener, handler, serving);
  return await announce(server, onListen);
}
