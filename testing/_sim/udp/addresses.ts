/**
 * How a UDP stack sees addresses: always unmapped, and without a zone, as a host has
 * one link.
 *
 * @module
 */
import { parseIpAddress } from "../../../address/mod.ts";

/** The prefix of an IPv4 address in an IPv6 socket, RFC 4291, section 2.5.5.2. */
const MAPPED = "::ffff:";

/** The address that packets bear; takes the canonical text of a socket of any family. */
export function plain(hostname: string): string {
  if (!hostname.includes(":")) return hostname;
  const zone = hostname.indexOf("%");
  if (zone !== -1) return hostname.slice(0, zone);
  return hostname.startsWith(MAPPED) && hostname.includes(".")
    ? hostname.slice(MAPPED.length)
    : hostname;
}

/** The address as a socket of a family shows it. */
export function shown(address: string, family: 4 | 6): string {
  return family === 6 && !address.includes(":") ? MAPPED + address : address;
}

/** The family of an address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}

/** Whether it stands for all addresses of its family. */
export function isAny(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** Whether packets of the address never leave their host. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Whether it is a multicast group: 224.0.0.0/4 or ff00::/8. */
export function isGroup(address: string): boolean {
  if (address.includes(":")) return address.startsWith("ff");
  if (!address.startsWith("2")) return false; // most are not
  const first = Number(address.slice(0, address.indexOf(".")));
  return first >= 224 && first < 240;
}

/** The canonical text of an address, of which the runtime may write another. */
export function canonical(address: string): string {
  return plain(parseIpAddress(address).toString());
}
