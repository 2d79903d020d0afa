import type { IpAddress } from "./ip_address.ts";
import { commonPrefixLength } from "./prefix.ts";
import { scopeOf } from "./scope.ts";

/**
 * Which of the host's addresses a packet to a destination would leave from: RFC
 * 6724 section 5, as far as the addresses alone tell; undefined where none can be
 * it. Loopback reaches loopback alone, and an IPv6 link-local destination is
 * reached only where its zone is named.
 *
 * @example A neighbour
 * ```ts
 * import { parseIpAddress, selectSource } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const source = selectSource(
 *   parseIpAddress("2001:db8:1::7"),
 *   ["fe80::1", "2001:db8:1::1"].map(parseIpAddress),
 * );
 * assertEquals(String(source), "2001:db8:1::1");
 * ```
 */
export function selectSource(
  destination: IpAddress,
  sources: readonly IpAddress[],
): IpAddress | undefined {
  let best: IpAddress | undefined;
  for (const ip of sources) {
    if (ip.family !== destination.family || !reaches(ip, destination)) continue;
    if (best === undefined || isBetter(ip, best, destination)) best = ip;
  }
  return best;
}

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
  const scopeA = scopeOf(a);
  const scopeB = scopeOf(b);
  const scope = scopeOf(destination);
  if (scopeA !== scopeB) {
    return scopeA < scopeB ? scopeA >= scope : scopeB < scope;
  }
  // Rule 8: prefer the longest matching prefix.
  return commonPrefixLength(a, destination) >
    commonPrefixLength(b, destination);
}
