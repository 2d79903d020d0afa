import type { IpAddress } from "./ip_address.ts";

/** Scopes of RFC 4291 section 2.7, in which unicast has its place too. */
const LINK_LOCAL = 0x2;
const SITE_LOCAL = 0x5;
const GLOBAL = 0xe;

/**
 * How far an address reaches, as the scope field of multicast addresses (RFC 4291
 * section 2.7) has it; unicast has its place by RFC 6724 section 3, where loopback
 * counts as link-local. An IPv4-mapped address has the scope of the IPv4 address.
 *
 * @example From the link to the world
 * ```ts
 * import { parseIpAddress, scopeOf } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scopeOf(parseIpAddress("fe80::1")), 0x2);
 * assertEquals(scopeOf(parseIpAddress("ff05::2")), 0x5);
 * assertEquals(scopeOf(parseIpAddress("192.0.2.1")), 0xe);
 * ```
 */
export function scopeOf(ip: IpAddress): number {
  if (ip.family === 6 && !ip.isV4Mapped()) {
    if (ip.isMulticast()) return ip.byteAt(1) & 0xf;
    // Deprecated by RFC 3879, but still in RFC 6724.
    const isSiteLocal = ip.byteAt(0) === 0xfe && ip.byteAt(1) >= 0xc0;
    if (isSiteLocal) return SITE_LOCAL;
  }
  return ip.isLinkLocal() || ip.isLoopback() ? LINK_LOCAL : GLOBAL;
}
