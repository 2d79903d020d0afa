import { policyOf } from "./_policy.ts";
import type { IpAddress } from "./ip_address.ts";
import { commonPrefixLength, IpPrefix } from "./prefix.ts";
import { scopeOf } from "./scope.ts";

/**
 * An address that packets may leave from; an `IpPrefix`, where the length of the
 * prefix that the interface has with it is known, too.
 */
export type SourceAddress = IpAddress | IpPrefix;

/**
 * Returns which of the host's addresses a packet to a destination leaves from: RFC
 * 6724 section 5, as far as the addresses tell; undefined if none reaches it.
 *
 * The rules 1, 2, 6 and 8 apply. The others are about what no runtime tells: the
 * interface of an address, and whether it is deprecated, temporary or a home
 * address. Loopback reaches loopback only, and an IPv6 link-local destination is
 * reached only if its zone is named. Where no rule decides, the first one wins.
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
export function selectSource<T extends SourceAddress>(
  destination: IpAddress,
  sources: readonly T[],
): T | undefined {
  const target = destination.unmap();
  let best: T | undefined;
  for (const source of sources) {
    const ip = ipOfSource(source);
    if (ip.family !== target.family || !reaches(ip, target)) continue;
    if (best === undefined || isBetter(source, best, target)) best = source;
  }
  return best;
}

/** The address of a source, an IPv4-mapped one as IPv4. */
export function ipOfSource(source: SourceAddress): IpAddress {
  return (source instanceof IpPrefix ? source.ip : source).unmap();
}

function reaches(source: IpAddress, destination: IpAddress): boolean {
  if (source.isLoopback() !== destination.isLoopback()) return false;
  if (!destination.isLinkLocal()) return true;
  return destination.family === 4 || destination.zone !== undefined;
}

function isBetter(
  a: SourceAddress,
  b: SourceAddress,
  destination: IpAddress,
): boolean {
  const ipA = ipOfSource(a);
  const ipB = ipOfSource(b);
  // Rule 1: prefer the destination itself.
  const isItself = ipA.equals(destination);
  if (isItself !== ipB.equals(destination)) return isItself;
  // Rule 2: prefer the scope that fits.
  const scopeA = scopeOf(ipA);
  const scopeB = scopeOf(ipB);
  const scope = scopeOf(destination);
  if (scopeA !== scopeB) {
    return scopeA < scopeB ? scopeA >= scope : scopeB < scope;
  }
  // Rule 6: prefer the matching label.
  const { label } = policyOf(destination);
  const isMatching = policyOf(ipA).label === label;
  if (isMatching !== (policyOf(ipB).label === label)) return isMatching;
  // Rule 8: prefer the longest matching prefix.
  return matchingBits(a, destination) > matchingBits(b, destination);
}

/**
 * How many bits of an interface's prefix a destination has in common with it. Of
 * IPv4 it counts only whether the destination is on the link: blocks of IPv4
 * addresses that look alike need not be near each other.
 */
function matchingBits(source: SourceAddress, destination: IpAddress): number {
  const common = commonPrefixLength(ipOfSource(source), destination);
  if (!(source instanceof IpPrefix)) return common;
  if (common >= source.length) return source.length;
  return destination.family === 6 ? common : 0;
}
