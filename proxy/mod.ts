/**
 * Proxies for `connectTcp` and `connectTls`: their option `proxy`.
 *
 * - {@linkcode socks5}: SOCKS version 5 (RFC 1928), with a user name and a password
 *   (RFC 1929).
 * - {@linkcode socks4a}: SOCKS version 4A, for IPv4 and names.
 * - {@linkcode httpConnect}: CONNECT of HTTP/1.1 (RFC 9110 section 9.3.6).
 * - {@linkcode proxyFromEnvironment}: what `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
 *
 * A proxy resolves the names of targets itself, unless `resolve` is `"local"`. It may be
 * behind another proxy, behind TLS, or on a unix socket. The program needs permission for
 * the proxy only, not for the targets.
 *
 * @example A SOCKS5 proxy
 * ```ts
 * import { connectTcp, SocketError } from "@berkeley/sockets";
 * import { socks5 } from "@berkeley/sockets/proxy";
 * import { assertEquals } from "@std/assert";
 *
 * const proxy = socks5({ hostname: "127.0.0.1", port: 1 }); // nothing listens there
 * const target = { hostname: "example.test", port: 80, timeout: 5000 };
 * const error = await connectTcp({ ...target, proxy }).catch((error) => error);
 * assertEquals(error instanceof SocketError && error.code, "ECONNREFUSED");
 * ```
 *
 * @module
 */
export type { TcpProxy } from "../tcp/mod.ts";
export type { TlsClientOptions } from "../tls/mod.ts";
export * from "./from_environment.ts";
export * from "./http_connect.ts";
export * from "./proxy_options.ts";
export * from "./socks4a.ts";
export * from "./socks5.ts";
