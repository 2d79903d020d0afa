/**
 * TLS clients and servers over TCP, whose connections have all that other connections
 * have: reads that can be cancelled, frames, deadlines, back-pressure.
 *
 * - {@linkcode connectTls}: a connection to a server, whose certificate it verifies.
 * - {@linkcode listenTls}, {@linkcode TlsListener}: accepts connections.
 * - {@linkcode serveTls}, {@linkcode TlsServer}: a handler for each connection.
 * - {@linkcode startTls}: TLS on a connection that is there, as its client or server.
 * - {@linkcode TlsConn}: a {@linkcode StreamConn} that knows what was agreed on.
 * - {@linkcode PeerCertificate}: the peer's identity.
 *
 * Two APIs can encrypt, and `backend` says which one does. Clients use `"deno"` unless
 * the options need `"node"`. Servers use `"node"`, because `Deno.listenTls` of Deno 2.9
 * cannot close a connection whose handshake stalls.
 *
 * |                                                      | `"deno"`                               | `"node"`           |
 * | ---------------------------------------------------- | -------------------------------------- | ------------------ |
 * | API                                                  | `Deno.startTls`, `Deno.listenTls`      | `node:tls`         |
 * | TCP connections below (`tcpBackend`)                 | `"deno"`                               | all                |
 * | connections of other kinds, servers by `startTls`    | no                                     | yes                |
 * | client certificates: `cert` of clients, `clientAuth` | no                                     | yes                |
 * | `certificates` by name, `setCertificate`             | no                                     | yes                |
 * | `peerCertificate`, `protocol`                        | undefined                              | yes                |
 * | `serverName` on the server                           | undefined                              | yes                |
 * | `noDelay`, `keepAlive` of accepted connections       | no: Nagle's algorithm is on            | yes                |
 * | `reusePort`                                          | with `--unstable-net`                  | yes                |
 * | `ipv6Only`                                           | no                                     | with `--allow-ffi` |
 * | `unref()` of a listener that has accepted            | no effect                              | yes                |
 * | a handshake that is late or aborted                  | ends when the peer ends it ¹           | ends at once       |
 * | `close()` after the handshake                        | holds the socket until the peer ends ¹ | 5 s at most        |
 *
 * ¹ The handshake ends at once in a program with `--allow-ffi`. A peer that never ends
 * its side keeps a descriptor of this process otherwise.
 *
 * The versions are TLS 1.2 and 1.3 on both. Certificates of servers need subject
 * alternative names; the common name is not used.
 *
 * @example A server and its client
 * ```ts
 * import { connectTls, serveTls } from "@berkeley/sockets/tls";
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await makeCertificate(); // for localhost, in tests
 * await using server = await serveTls(
 *   { hostname: "127.0.0.1", port: 0, cert, key },
 *   async (conn) => {
 *     await conn.send(`hi ${await conn.readLine()}\n`);
 *   },
 * );
 *
 * using conn = await connectTls({ ...server.addr, caCerts: [cert] });
 * await conn.send("there\n");
 * assertEquals(await conn.readLine({ timeout: 5000 }), "hi there");
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
export type {
  AcceptedConnOptions,
  ConnectServiceOptions,
  ConnectTcpOptions,
  ListenTcpOptions,
  TcpBackend,
  TcpProxy,
} from "../tcp/mod.ts";
export type {
  CertificateKeyPair,
  ClientAuth,
  TlsBackend,
} from "./_transport.ts";
export * from "./client_options.ts";
export * from "./conn.ts";
export {
  connectTls,
  type ConnectTlsOptions,
  type ConnectTlsServiceOptions,
} from "./connect.ts";
export { listenTls } from "./listen.ts";
export * from "./listen_options.ts";
export * from "./listener.ts";
export * from "./peer_certificate.ts";
export {
  serveTls,
  type ServeTlsInfo,
  type ServeTlsOptions,
  type ServeTlsStats,
  type TlsHandler,
  TlsServer,
} from "./serve.ts";
export {
  startTls,
  type StartTlsClientOptions,
  type StartTlsOptions,
  type StartTlsServerOptions,
} from "./start.ts";
