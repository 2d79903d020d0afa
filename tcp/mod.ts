/**
 * TCP: connections, listeners, servers.
 *
 * - {@linkcode connectTcp}, {@linkcode TcpConn}: connect, by racing the addresses
 *   of both families; read, write, shut down, reset.
 * - {@linkcode listenTcp}, {@linkcode TcpListener}: listen and accept.
 * - {@linkcode serveTcp}, {@linkcode TcpServer}: a handler for each connection.
 * - {@linkcode lengthPrefixFraming} and its kin,
 *   {@linkcode ReadingConn.prototype.frames | frames}: whole messages instead
 *   of bytes.
 *
 * ```text
 *  connectTcp    listenTcp, TcpListener    serveTcp, TcpServer
 *         \              |               /
 *                     TcpConn     what you read from and send to
 *                    /       \
 *     reads: buffer, frames   sends: queue    the same on every backend
 *                    \       /
 *         "deno"      "node"      "posix"     carry the bytes
 *      Deno.connect  node:net      libc
 * ```
 *
 * `"deno"` carries connections, unless an option needs another (a local address, an
 * idle time of keep-alive: `"node"`; `reusePort` or `ipv6Only` of a listener:
 * `"posix"`, where the program has `--allow-ffi`), or you say which.
 *
 * @example A server and a client
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * using client = await connectTcp(listener.addr);
 * using server = await listener.accept();
 *
 * await server.send("220 ready\r\n");
 * assertEquals(await client.readLine({ timeout: 5000 }), "220 ready");
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "../address/mod.ts";
export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../internal/libc/mod.ts";
export type { AddressFinder, ServiceQuery, SrvRecord } from "../resolve/mod.ts";
export * from "../stream/mod.ts";
export type { TcpBackend, TcpCarrier } from "./_transport.ts";
export * from "./conn.ts";
export {
  type ConnectServiceOptions,
  connectTcp,
  type ConnectTcpOptions,
} from "./connect.ts";
export type { TcpProxy } from "./proxy.ts";
export { listenTcp } from "./listen.ts";
export * from "./listen_options.ts";
export * from "./listener.ts";
export {
  serveTcp,
  type ServeTcpInfo,
  type ServeTcpOptions,
  type ServeTcpStats,
  type TcpHandler,
  TcpServer,
} from "./serve.ts";
