import type { IpAddress } from "./ip_address.ts";
import { IpPrefix } from "./prefix.ts";

/** A block of addresses that the IANA has set apart. */
export interface SpecialPurpose {
  /** The block. */
  readonly prefix: IpPrefix;
  /** What the registry calls it. */
  readonly name: string;
  /** Where it is defined. */
  readonly rfc: string;
  /** Whether packets to or from it may cross the Internet. */
  readonly isGloballyReachable: boolean;
}

/**
 * The IPv4 and IPv6 Special-Purpose Address Registries of the IANA (RFC 6890,
 * RFC 8190, as of 2024), with the multicast blocks of RFC 5771 and RFC 4291. "No"
 * stands for the registry's "Globally Reachable: False" and "N/A".
 */
const REGISTRY: readonly [string, string, string, "yes" | "no"][] = [
  ["0.0.0.0/8", "This network", "RFC 791", "no"],
  ["0.0.0.0/32", "This host on this network", "RFC 1122", "no"],
  ["10.0.0.0/8", "Private-Use", "RFC 1918", "no"],
  ["100.64.0.0/10", "Shared Address Space", "RFC 6598", "no"],
  ["127.0.0.0/8", "Loopback", "RFC 1122", "no"],
  ["169.254.0.0/16", "Link Local", "RFC 3927", "no"],
  ["172.16.0.0/12", "Private-Use", "RFC 1918", "no"],
  ["192.0.0.0/24", "IETF Protocol Assignments", "RFC 6890", "no"],
  ["192.0.0.0/29", "IPv4 Service Continuity Prefix", "RFC 7335", "no"],
  ["192.0.0.8/32", "IPv4 dummy address", "RFC 7600", "no"],
  ["192.0.0.9/32", "Port Control Protocol Anycast", "RFC 7723", "yes"],
  [
    "192.0.0.10/32",
    "Traversal Using Relays around NAT Anycast",
    "RFC 8155",
    "yes",
  ],
  ["192.0.0.170/32", "NAT64/DNS64 Discovery", "RFC 8880", "no"],
  ["192.0.0.171/32", "NAT64/DNS64 Discovery", "RFC 8880", "no"],
  ["192.0.2.0/24", "Documentation (TEST-NET-1)", "RFC 5737", "no"],
  ["192.31.196.0/24", "AS112-v4", "RFC 7535", "yes"],
  ["192.52.193.0/24", "AMT", "RFC 7450", "yes"],
  ["192.88.99.0/24", "Deprecated (6to4 Relay Anycast)", "RFC 7526", "no"],
  ["192.168.0.0/16", "Private-Use", "RFC 1918", "no"],
  ["192.175.48.0/24", "Direct Delegation AS112 Service", "RFC 7534", "yes"],
  ["198.18.0.0/15", "Benchmarking", "RFC 2544", "no"],
  ["198.51.100.0/24", "Documentation (TEST-NET-2)", "RFC 5737", "no"],
  ["203.0.113.0/24", "Documentation (TEST-NET-3)", "RFC 5737", "no"],
  ["224.0.0.0/4", "Multicast", "RFC 5771", "no"],
  ["240.0.0.0/4", "Reserved", "RFC 1112", "no"],
  ["255.255.255.255/32", "Limited Broadcast", "RFC 8190", "no"],
  ["::1/128", "Loopback Address", "RFC 4291", "no"],
  ["::/128", "Unspecified Address", "RFC 4291", "no"],
  ["::ffff:0.0.0.0/96", "IPv4-mapped Address", "RFC 4291", "no"],
  ["64:ff9b::/96", "IPv4-IPv6 Translation", "RFC 6052", "yes"],
  ["64:ff9b:1::/48", "IPv4-IPv6 Translation", "RFC 8215", "no"],
  ["100::/64", "Discard-Only Address Block", "RFC 6666", "no"],
  ["100:0:0:1::/64", "Dummy IPv6 Prefix", "RFC 9780", "no"],
  ["2001::/23", "IETF Protocol Assignments", "RFC 2928", "no"],
  ["2001::/32", "TEREDO", "RFC 4380", "no"],
  ["2001:1::1/128", "Port Control Protocol Anycast", "RFC 7723", "yes"],
  [
    "2001:1::2/128",
    "Traversal Using Relays around NAT Anycast",
    "RFC 8155",
    "yes",
  ],
  [
    "2001:1::3/128",
    "DNS-SD Service Registration Protocol Anycast",
    "RFC 9665",
    "yes",
  ],
  ["2001:2::/48", "Benchmarking", "RFC 5180", "no"],
  ["2001:3::/32", "AMT", "RFC 7450", "yes"],
  ["2001:4:112::/48", "AS112-v6", "RFC 7535", "yes"],
  ["2001:10::/28", "Deprecated (previously ORCHID)", "RFC 4843", "no"],
  ["2001:20::/28", "ORCHIDv2", "RFC 7343", "yes"],
  ["2001:30::/28", "Drone Remote ID Protocol Entity Tags", "RFC 9374", "yes"],
  ["2001:db8::/32", "Documentation", "RFC 3849", "no"],
  ["2002::/16", "6to4", "RFC 3056", "no"],
  ["2620:4f:8000::/48", "Direct Delegation AS112 Service", "RFC 7534", "yes"],
  ["3fff::/20", "Documentation", "RFC 9637", "no"],
  ["5f00::/16", "Segment Routing (SRv6) SIDs", "RFC 9602", "no"],
  ["fc00::/7", "Unique-Local", "RFC 4193", "no"],
  ["fe80::/10", "Link-Local Unicast", "RFC 4291", "no"],
  ["ff00::/8", "Multicast", "RFC 4291", "no"],
];

/** The longest prefixes first, so that the first match is the most special. */
const BLOCKS: readonly SpecialPurpose[] = REGISTRY
  .map(([prefix, name, rfc, isReachable]) => ({
    prefix: IpPrefix.parse(prefix),
    name,
    rfc,
    isGloballyReachable: isReachable === "yes",
  }))
  .sort((a, b) => b.prefix.length - a.prefix.length);

/**
 * The most special block of the IANA's registries that holds the address;
 * undefined for ordinary global unicast. An IPv4-mapped address is in the block of
 * that name: `ip.unmap()` has the purpose of the IPv4 address.
 *
 * @example What an address is for
 * ```ts
 * import { parseIpAddress, specialPurposeOf } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const purpose = specialPurposeOf(parseIpAddress("198.51.100.7"));
 * assertEquals(purpose?.name, "Documentation (TEST-NET-2)");
 * assertEquals(specialPurposeOf(parseIpAddress("9.9.9.9")), undefined);
 * ```
 */
export function specialPurposeOf(ip: IpAddress): SpecialPurpose | undefined {
  return BLOCKS.find(({ prefix }) => prefix.contains(ip));
}

function isNamed(ip: IpAddress, pattern: RegExp): boolean {
  return pattern.test(specialPurposeOf(ip.unmap())?.name ?? "");
}

/**
 * Whether packets to the address may cross the Internet. Multicast is not, nor is
 * any block that the registries call not globally reachable. An IPv4-mapped
 * address counts as the IPv4 address, here and in the functions below.
 *
 * @example Addresses of the Internet and others
 * ```ts
 * import { isGlobal, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isGlobal(parseIpAddress("2620:fe::fe")), true);
 * assertEquals(isGlobal(parseIpAddress("10.0.0.1")), false);
 * ```
 */
export function isGlobal(ip: IpAddress): boolean {
  return specialPurposeOf(ip.unmap())?.isGloballyReachable ?? true;
}

/**
 * Whether the address is private: RFC 1918, or unique-local (RFC 4193).
 *
 * @example Addresses at home
 * ```ts
 * import { isPrivate, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isPrivate(parseIpAddress("192.168.1.1")), true);
 * assertEquals(isPrivate(parseIpAddress("fd00::1")), true);
 * ```
 */
export function isPrivate(ip: IpAddress): boolean {
  return isNamed(ip, /^(Private-Use|Unique-Local)$/);
}

/**
 * Whether the address is set apart for documentation: RFC 5737, 3849, 9637.
 *
 * @example Addresses of examples
 * ```ts
 * import { isDocumentation, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isDocumentation(parseIpAddress("2001:db8::1")), true);
 * ```
 */
export function isDocumentation(ip: IpAddress): boolean {
  return isNamed(ip, /^Documentation/);
}

/**
 * Whether the address is `255.255.255.255`, the limited broadcast address.
 *
 * @example All hosts of the local network
 * ```ts
 * import { isBroadcast, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isBroadcast(parseIpAddress("255.255.255.255")), true);
 * ```
 */
export function isBroadcast(ip: IpAddress): boolean {
  return isNamed(ip, /^Limited Broadcast$/);
}
