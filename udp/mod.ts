/**
 * UDP: sockets without a peer and with one.
 *
 * - {@linkcode bindUdp}, {@linkcode UdpSocket}: receives from anybody, sends to
 *   anybody.
 * - {@linkcode connectUdp}, {@linkcode ConnectedUdpSocket}: talks to one peer.
 *
 * ```text
 *     bindUdp       connectUdp
 *        |               |
 *    UdpSocket   ConnectedUdpSocket    connect() and disconnect() turn one
 *         \           /                into the other
 *          UdpEndpoint                 receiving
 *               |
 *          UdpSettings                 options, multicast
 *               |
 *           UdpHandle                  address, statistics, closing
 *         /           \
 *   receiver          sender           a queue with a bound; sends in flight
 *         \           /
 *   "posix"   "deno"   "node"          carry the datagrams
 *     libc   Deno.listenDatagram   node:dgram
 * ```
 *
 * What carries a socket is its `backend`; if not told, the fastest there is:
 * `"posix"` (libc, where the program was started with `--allow-ffi`), `"deno"`
 * (`Deno.listenDatagram`, where it was started with `--unstable-net`), or `"node"`
 * (`node:dgram`, which needs no flag).
 *
 * | what | `"posix"` | `"deno"` | `"node"` |
 * |---|---|---|---|
 * | needs | `--allow-ffi`, Linux | `--unstable-net` | nothing |
 * | memory for each datagram | its own bytes | its own bytes | `maxDatagramSize` |
 * | datagrams nobody has asked for yet | wait in the kernel | wait in the kernel | wait in a queue of the library |
 * | multicast, IPv4 | yes | yes | yes |
 * | multicast, IPv6, interface by index | yes | yes | with `--allow-sys` |
 * | multicast, IPv6, interface by name | yes | with `--allow-sys` | yes |
 * | source-specific multicast | yes | no | IPv4 |
 * | TTL, multicast TTL | yes | no | IPv4 |
 * | multicast loopback, outgoing interface | yes | no | yes |
 * | broadcast | yes | always on | yes |
 * | SO_RCVBUF, SO_SNDBUF | yes | no | no |
 * | a refused port is reported | yes | no | no |
 *
 * What a backend cannot do fails with a `NotSupportedError` that says what can.
 *
 * @example A question and an answer
 * ```ts
 * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * using server = await bindUdp({ hostname: "127.0.0.1", port: 0 });
 * using client = await connectUdp(server.localAddr);
 *
 * await client.send("hello");
 * const { data, address } = await server.receive({ timeout: 5000 });
 * assertEquals(new TextDecoder().decode(data), "hello");
 * assertEquals(address, client.localAddr);
 * ```
 *
 * @module
 */
export type { NetAddr } from "../address/mod.ts";
export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../internal/libc/mod.ts";
export type { AddressFinder, ServiceQuery, SrvRecord } from "../resolve/mod.ts";
export type { WaitOptions } from "../internal/wait/mod.ts";
export type { DropPolicy, UdpBackend, UdpCarrier } from "./_transport.ts";
export { bindUdp } from "./bind.ts";
export * from "./bind_options.ts";
export { connectUdp, type ConnectUdpOptions } from "./connect.ts";
export * from "./datagram.ts";
export { UdpEndpoint } from "./endpoint.ts";
export type { ExchangeOptions } from "./exchange.ts";
export { UdpHandle } from "./handle.ts";
export * from "./multicast_options.ts";
export { UdpSettings } from "./settings.ts";
export * from "./socket.ts";
export * from "./stats.ts";
