/**
 * From names and services to addresses, and back: getaddrinfo and its family,
 * with `--allow-net` alone.
 *
 * - {@linkcode getAddrInfo}, {@linkcode getNameInfo}: RFC 3493's, promised.
 * - {@linkcode Resolver}: the same and more with name servers, timeouts,
 *   search domains, order and a cache of its own.
 * - {@linkcode resolve}: the records of a type; {@linkcode lookupService}: the
 *   hosts that offer a service, by SRV records.
 * - {@linkcode getHostByName}, {@linkcode getHostByAddr},
 *   {@linkcode getServByName}, {@linkcode getServByPort},
 *   {@linkcode getProtoByName}, {@linkcode getProtoByNumber}: the databases of
 *   hosts, services and protocols.
 * - {@linkcode HostsTable}, {@linkcode ServiceTable},
 *   {@linkcode ProtocolTable}, {@linkcode parseResolvConf}: the files behind
 *   them, parsed.
 *
 * ```text
 *   getAddrInfo, getHostByName, …      use one Resolver that all share
 *                |
 *            Resolver
 *   address in text -> localhost, .invalid -> hosts file -> cache -> source
 *                |                                                    |
 *   ordered by RFC 6724                          name servers, asked directly;
 *                                                else Deno.resolveDns;
 *                                                or libc (source: "system")
 * ```
 *
 * What a name has to be: labels of 1 to 63 letters, digits, hyphens and
 * underscores, 253 characters in all; internationalized names are turned into
 * their ASCII form. What looks like a number without being an address, such as
 * `127.1` or `0x7f.1`, is refused with `EAI_NONAME`, where libc guesses.
 *
 * @example Names to addresses
 * ```ts
 * import { getAddrInfo } from "@berkeley/sockets/resolve";
 * import { SOCK_STREAM } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const infos = await getAddrInfo("localhost", "http", { socktype: SOCK_STREAM });
 * assertEquals(infos.map(({ address }) => String(address)), [
 *   "[::1]:80",
 *   "127.0.0.1:80",
 * ]);
 * ```
 *
 * @module
 */
export type { IpAddress, NetAddr, SocketAddress } from "../address/mod.ts";
export type { WaitOptions } from "../internal/wait/mod.ts";
export * from "./addr_info.ts";
export * from "./address_finder.ts";
export * from "./flags.ts";
export * from "./get_addr_info.ts";
export * from "./get_host.ts";
export * from "./get_name_info.ts";
export * from "./get_proto.ts";
export * from "./get_service.ts";
export * from "./hosts.ts";
export * from "./name_info.ts";
export * from "./protocols.ts";
export * from "./records.ts";
export * from "./resolv_conf.ts";
export * from "./resolve.ts";
export * from "./resolver.ts";
export {
  type AddressOrder,
  type CacheOptions,
  type NameServer,
  type ResolverOptions,
} from "./resolver_options.ts";
export * from "./services.ts";
export * from "./srv_order.ts";
