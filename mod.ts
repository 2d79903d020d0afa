/**
 * Berkeley sockets for Deno: connections and listeners of TCP, TLS and unix sockets,
 * UDP with a peer and without, and getaddrinfo-style name resolution.
 *
 * ```text
 *  tls tcp unix udp          what you hold: connections, listeners, sockets
 *     \   |    /
 *         resolve            names and services to addresses, and back
 *            |
 *         address            IP and socket addresses, as values
 *            |
 *          errors            what can go wrong, in one shape
 * ```
 *
 * - TCP: {@linkcode connectTcp}, {@linkcode listenTcp}, {@linkcode serveTcp};
 *   frames by {@linkcode lengthPrefixFraming} and its kin.
 * - TLS: {@linkcode connectTls}, {@linkcode listenTls}, {@linkcode serveTls}.
 * - Proxies: {@linkcode socks5}, {@linkcode httpConnect},
 *   {@linkcode proxyFromEnvironment}.
 * - Unix sockets: {@linkcode connectUnix}, {@linkcode listenUnix},
 *   {@linkcode serveUnix}.
 * - UDP: {@linkcode bindUdp}, {@linkcode connectUdp}.
 * - Names: {@linkcode getAddrInfo}, {@linkcode getNameInfo}, {@linkcode Resolver}.
 * - {@linkcode Sockets}: these functions, of this host or of a simulated one.
 * - Addresses: {@linkcode parseIpAddress}, {@linkcode SocketAddress},
 *   {@linkcode IpPrefix}.
 * - Errors: {@linkcode SocketError} and its kinds, {@linkcode AddrInfoError}.
 *
 * `--allow-net` is the only permission that it needs, but for the paths of unix
 * sockets, and the only one that Deno may ever ask for on its behalf.
 *
 * @example A server and a client
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   async (conn) => {
 *     for await (const line of conn.lines()) {
 *       await conn.send(`you said: ${line}\n`);
 *     }
 *   },
 * );
 *
 * using conn = await connectTcp({ ...server.addr, timeout: 5000 });
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine(), "you said: hello");
 * ```
 *
 * @module
 */
export * from "./address/mod.ts";
export * from "./errors/mod.ts";
export * from "./pool/mod.ts";
export * from "./proxy/mod.ts";
export * from "./resolve/mod.ts";
export type { Sockets } from "./sockets.ts";
export * from "./stream/mod.ts";
export * from "./tcp/mod.ts";
export * from "./tls/mod.ts";
export * from "./udp/mod.ts";
export * from "./unix/mod.ts";
