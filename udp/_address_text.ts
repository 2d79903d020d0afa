import { formatHostPort, parseIpAddress } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";

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
