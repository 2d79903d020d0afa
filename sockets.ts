import type {
  getAddrInfo,
  getHostByAddr,
  getHostByName,
  getNameInfo,
  lookupService,
  resolve,
} from "./resolve/mod.ts";
import type { connectTcp, listenTcp, serveTcp } from "./tcp/mod.ts";
import type { connectTls, listenTls, serveTls, startTls } from "./tls/mod.ts";
import type { bindUdp, connectUdp } from "./udp/mod.ts";
import type { connectUnix, listenUnix, serveUnix } from "./unix/mod.ts";

/**
 * What a program needs of its host to use the network. The module itself is one, and so
 * is every host of a simulated network (`@berkeley/sockets/testing`): a program that
 * takes its sockets as an argument runs on both.
 *
 * Each function is bound to its host, so it can be taken out of the object.
 *
 * @example A client that runs on this host, and on any other
 * ```ts
 * import * as here from "@berkeley/sockets";
 * import type { Sockets } from "@berkeley/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * async function ask(port: number, { connectTcp }: Sockets = here) {
 *   using conn = await connectTcp({ hostname: "127.0.0.1", port, timeout: 5000 });
 *   return await conn.readLine();
 * }
 *
 * await using server = await here.serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   (conn) => conn.send("hello\n"),
 * );
 * assertEquals(await ask(server.addr.port), "hello");
 * ```
 */
export interface Sockets {
  /** Connects over TCP, see {@linkcode connectTcp}. */
  readonly connectTcp: typeof connectTcp;
  /** Listens for TCP connections, see {@linkcode listenTcp}. */
  readonly listenTcp: typeof listenTcp;
  /** Serves TCP, see {@linkcode serveTcp}. */
  readonly serveTcp: typeof serveTcp;
  /** Connects over TLS, see {@linkcode connectTls}. */
  readonly connectTls: typeof connectTls;
  /** Listens for TLS connections, see {@linkcode listenTls}. */
  readonly listenTls: typeof listenTls;
  /** Serves TLS, see {@linkcode serveTls}. */
  readonly serveTls: typeof serveTls;
  /** Starts TLS on a connection, see {@linkcode startTls}. */
  readonly startTls: typeof startTls;
  /** Connects to a unix socket of the host, see {@linkcode connectUnix}. */
  readonly connectUnix: typeof connectUnix;
  /** Listens on a unix socket, see {@linkcode listenUnix}. */
  readonly listenUnix: typeof listenUnix;
  /** Serves a unix socket, see {@linkcode serveUnix}. */
  readonly serveUnix: typeof serveUnix;
  /** Binds a UDP socket, see {@linkcode bindUdp}. */
  readonly bindUdp: typeof bindUdp;
  /** Opens a UDP socket with a peer, see {@linkcode connectUdp}. */
  readonly connectUdp: typeof connectUdp;
  /** Resolves a host and a service to addresses, see {@linkcode getAddrInfo}. */
  readonly getAddrInfo: typeof getAddrInfo;
  /** Resolves an address to names, see {@linkcode getNameInfo}. */
  readonly getNameInfo: typeof getNameInfo;
  /** Resolves a name to what is known of the host, see {@linkcode getHostByName}. */
  readonly getHostByName: typeof getHostByName;
  /** Resolves an address to what is known of the host, see {@linkcode getHostByAddr}. */
  readonly getHostByAddr: typeof getHostByAddr;
  /** Asks the DNS for records, see {@linkcode resolve}. */
  readonly resolve: typeof resolve;
  /** Finds where a domain offers a service, see {@linkcode lookupService}. */
  readonly lookupService: typeof lookupService;
}
