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
import { readListenPlan } from "./_listen_options.ts";
import { HERE, type TlsNetwork } from "./_network.ts";
import { openListener } from "./_open_listener.ts";
import type { CertificateKeyPair } from "./_transport.ts";
import type { TlsConn } from "./conn.ts";
import type { ListenTlsOptions } from "./listen_options.ts";
import type { TlsListener } from "./listener.ts";

/** How to listen and serve. */
export interface ServeTlsOptions
  extends
    Omit<ListenTlsOptions, "onError">,
    Omit<ServeOptions<TlsConn>, "signal" | "onError"> {
  /** Called once, when the server listens. */
  onListen?: ((addr: NetAddr) => void) | undefined;
  /**
   * Called when a handler throws, with its connection, and when a handshake or an accept
   * fails, without one.
   *
   * @default {console.error}
   */
  onError?: ((error: unknown, conn?: TlsConn) => void) | undefined;
}

/** What a TLS server has done so far. */
export type ServeTlsStats = ServeStats;
/** What a handler gets beside its connection. */
export type ServeTlsInfo = ServeInfo;
/**
 * Serves one connection. When it returns, the connection is closed, after all
 * that it has sent has left.
 */
export type TlsHandler = StreamHandler<TlsConn>;

/**
 * A running TLS server, made by {@linkcode serveTls}. {@linkcode StreamServer} has
 * most of its methods.
 *
 * @example What it has done
 * ```ts
 * import { connectTls, serveTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate();
 * await using server = await serveTls(
 *   { hostname: "127.0.0.1", port: 0, cert, key },
 *   (conn) => conn.send("hi\n"),
 * );
 * using conn = await connectTls({ ...server.addr, caCerts: [cert] });
 * assertEquals(await conn.readLine(), "hi");
 * assertEquals(server.stats.accepted, 1);
 * ```
 */
export class TlsServer extends StreamServer<NetAddr, TlsConn> {
  readonly #listener: TlsListener;

  /**
   * Not for users: `serveTls` makes servers.
   *
   * @ignore
   */
  constructor(
    listener: TlsListener,
    handler: TlsHandler,
    options: ServeOptions<TlsConn>,
  ) {
    super(listener, handler, options);
    this.#listener = listener;
  }

  /**
   * Changes the certificate that clients get, or the one for clients that ask for `name`.
   * See the example of {@linkcode TlsListener.prototype.setCertificate}.
   *
   * @throws As {@linkcode TlsListener.prototype.setCertificate} does.
   */
  setCertificate(certificate: CertificateKeyPair, name?: string): void {
    this.#listener.setCertificate(certificate, name);
  }
}

/**
 * Serves TLS: calls `handler` for each connection whose handshake is done. Otherwise it
 * is as `serveTcp`: a handler that throws ends its own connection only, and
 * when `options.signal` aborts, the server shuts down at once.
 *
 * Connections in their handshake do not count towards `maxConnections`;
 * `maxHandshakes` limits them.
 *
 * @throws As {@linkcode listenTls} does; `RangeError` if `maxConnections` or
 * `idleTimeout` is out of range; `TypeError` if an option or `handler` is not of its
 * type.
 *
 * @example An echo server
 * ```ts
 * import { connectTls, serveTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate();
 * const server = await serveTls(
 *   { hostname: "127.0.0.1", port: 0, cert, key },
 *   async (conn) => {
 *     for await (const line of conn.lines()) {
 *       await conn.send(`${line}\n`);
 *     }
 *   },
 * );
 *
 * using conn = await connectTls({ ...server.addr, caCerts: [cert] });
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine(), "hello");
 * await conn.closeWrite();
 * await server.shutdown();
 * ```
 */
export async function serveTls(
  options: ServeTlsOptions,
  handler: TlsHandler,
): Promise<TlsServer> {
  return await serveOver(HERE, options, handler);
}

/** Serves on a host of a network. */
export async function serveOver(
  network: TlsNetwork,
  options: ServeTlsOptions,
  handler: TlsHandler,
): Promise<TlsServer> {
  const { maxConnections, idleTimeout, onListen } = options;
  const plan = readListenPlan(options);
  const { tcp: { signal }, onError = console.error } = plan;
  const serving = readServeOptions<TlsConn>(
    { maxConnections, idleTimeout, onError: plan.onError, signal },
    handler,
  );
  checkType("onListen", onListen, "function");
  const listener = await openListener({ ...plan, onError }, network);
  const server = new TlsServer(listener, handler, serving);
  return await announce(server, onListen);
}
