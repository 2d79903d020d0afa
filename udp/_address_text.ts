import {
  formatHostPort,
  parseIpAddress,
  tryParseIpAddress,
} from "../address/mod.ts";

/**
 * The address, an IPv4 peer of a dual-stack socket as IPv4, and an IPv4-compatible
 * one (`::192.0.2.1`) as we write it: Deno 2.9 has the last groups of it in
 * hexadecimal.
 */
export function unmapped(hostname: string): string {
  return hostname.startsWith("::")
    ? tryParseIpAddress(hostname)?.unmap().toString() ?? hostname
    : hostname;
}

/**
 * Whether two addresses are the same host's, one of which may be mapped, or lack
 * the zone, as the runtime tells none, or have it as an index.
 */
export function isSameHost(a: string, b: string): boolean {
  const [hostA, zoneA] = unmapped(a).split("%");
  const [hostB, zoneB] = unmapped(b).split("%");
  if (hostA !== hostB) return false;
  if (zoneA === undefined || zoneB === undefined || zoneA === zoneB) {
    return true;
  }
  return /^\d+$/.test(zoneA) !== /^\d+$/.test(zoneB);
}

/** The address as a socket of a family sends to it; undefined if it cannot. */
export function addressFor(
  family: 4 | 6,
  hostname: string,
): string | undefined {
  const isIpv4 = !hostname.includes(":");
  if (family === 6) return isIpv4 ? `::ffff:${hostname}` : hostname;
  if (isIpv4) return hostname;
  const ip = parseIpAddress(hostname).unmap();
  return ip.family === 4 ? ip.toString() : undefined;
}

/** How an address reads in messages. */
export function showAddr({ hostname, port }: Deno.NetAddr): string {
  return formatHostPort(hostname, port);
}
