/**
 * IP addresses, socket addresses and prefixes as values: pure, without a
 * permission, the same in every runtime.
 *
 * - {@linkcode IpAddress}, {@linkcode parseIpAddress}: strict parsing (RFC 4291,
 *   `inet_pton`) and canonical text (RFC 5952), zones (RFC 4007).
 * - {@linkcode SocketAddress}, {@linkcode parseSocketAddress}: an IP address and
 *   a port.
 * - {@linkcode IpPrefix}: a block of addresses.
 * - {@linkcode specialPurposeOf}, {@linkcode isGlobal}, {@linkcode isPrivate}: what
 *   an address is for, by the IANA's registries.
 * - {@linkcode sortAddresses}, {@linkcode selectSource}: which address to try
 *   first, and from which to send, RFC 6724.
 * - {@linkcode reverseName}: the names of addresses in the DNS.
 * - {@linkcode htons} and its kin: byte order.
 * - {@linkcode AF_INET}, {@linkcode SOCK_STREAM} and their kin: the constants of
 *   the socket API.
 *
 * ```text
 *   "[::1]:80"  <->  SocketAddress  <->  { hostname, port }
 *                     ip |  port
 *   "::1"       <->  IpAddress      <->  4 or 16 bytes
 *                        |
 *   "::/8"      <->  IpPrefix            contains, overlaps
 * ```
 *
 * @example Parse, ask, print
 * ```ts
 * import { parseSocketAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const { ip, port } = parseSocketAddress("[::ffff:127.0.0.1]:80");
 * assertEquals([ip.isLoopback(), ip.unmap().toString(), port], [
 *   true,
 *   "127.0.0.1",
 *   80,
 * ]);
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "../errors/mod.ts";
export * from "./byte_order.ts";
export * from "./constants.ts";
export * from "./ip_address.ts";
export * from "./port.ts";
export * from "./prefix.ts";
export * from "./reverse_name.ts";
export * from "./scope.ts";
export * from "./socket_address.ts";
export * from "./sort.ts";
export { selectSource, type SourceAddress } from "./source.ts";
export * from "./special_purpose.ts";
