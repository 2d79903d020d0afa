/**
 * Which of this host's addresses a packet to a destination would leave from:
 * RFC 6724 section 5, as far as the interfaces' addresses tell. Pure.
 */
import type { IpAddress } from "../address/mod.ts";
import type { InterfaceAddress } from "./_interfaces.ts";

const LINK_LOCAL = 0x2;
const GLOBAL = 0xe;

/** The best source for a destination; undefined where none can be it. */
export function sourceFor(
  destination: IpAddress,
  interfaces: readonly InterfaceAddress[],
): IpAddress | undefined {
  let best: IpAddress | undefined;
  for (const { ip } of interfaces) {
    if (ip.family !== destination.family || !reaches(ip, destination)) continue;
    if (best === undefined || isBetter(ip, best, destination)) best = ip;
  }
  return best;
}

/** Loopback reaches loopback alone, and link-local addresses need a link to be named. */
function reaches(source: IpAddress, destination: IpAddress): boolean {
  if (source.isLoopback() !== destination.isLoopback()) return false;
  if (!destination.isLinkLocal()) return true;
  return destination.family === 4 || destination.zone !== undefined;
}

function isBetter(a: IpAddress, b: IpAddress, destination: IpAddress): boolean {
  // Rule 1: prefer the destination itself.
  if (a.equals(destination) !== b.equals(destination)) {
    return a.equals(destination);
  }
  // Rule 2: prefer the scope that fits.
  const [scopeA, scopeB, scope] = [a, b, destination].map(scopeOf) as [
    number,
    number,
    number,
  ];
  if (scopeA !== scopeB) {
    return scopeA < scopeB ? scopeA >= scope : scopeB < scope;
  }
  // Rule 8: prefer the longest matching prefix.
  return commonPrefix(a, destination) > commonPrefix(b, destination);
}

/** How far an address reaches: RFC 4291 section 2.7, RFC 6724 section 3. */
export function scopeOf(ip: IpAddress): number {
  if (ip.family === 6 && ip.isMulticast()) return ip.byteAt(1) & 0x0f;
  return ip.isLinkLocal() || ip.isLoopback() ? LINK_LOCAL : GLOBAL;
}

/** How many leading bits two addresses of one family share. */
export function commonPrefix(a: IpAddress, b: IpAddress): number {
  const size = a.family === 4 ? 4 : 16;
  for (let i = 0; i < size; i++) {
    const difference = a.byteAt(i) ^ b.byteAt(i);
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return size * 8;
}
