import { policyOf } from "./_policy.ts";
import type { IpAddress } from "./ip_address.ts";
import { commonPrefixLength, IpPrefix } from "./prefix.ts";
import { scopeOf } from "./scope.ts";
import { ipOfSource, type SourceAddress } from "./source.ts";

/** What is known about the host that is going to connect. */
export interface SortOptions {
  /**
   * Returns the address that the host would send from to a destination, or
   * undefined if it can reach none; {@linkcode selectSource} finds it among those
   * of the interfaces. If omitted, the rules about sources do not apply.
   */
  sourceFor?:
    | ((destination: IpAddress) => SourceAddress | undefined)
    | undefined;
}

/** What the rules go by of one destination. */
interface Candidate {
  readonly ip: IpAddress;
  /** Rules 1, 2, 5, 6 and 8 in their order; less is better. */
  readonly ranks: readonly number[];
  /** Rule 9: more is better, within a family. */
  readonly commonBits: number;
}

/**
 * Returns the addresses in the order in which to try them: RFC 6724 section 6.
 * Pure: what it must know about the host is passed in.
 *
 * The rules 3, 4 and 7 are about what no runtime tells; without sources only the
 * rules 6, 8 and 10 apply. Rule 9 applies to IPv4 only where the destination is on
 * the link of its source, an `IpPrefix`: elsewhere it would defeat the round robin
 * of the DNS.
 *
 * @example IPv6 first, where nothing speaks against it
 * ```ts
 * import { parseIpAddress, sortAddresses } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const sorted = sortAddresses(
 *   ["192.0.2.1", "2001:db8::1"].map(parseIpAddress),
 * );
 * assertEquals(sorted.map(String), ["2001:db8::1", "192.0.2.1"]);
 * ```
 */
export function sortAddresses(
  addresses: readonly IpAddress[],
  { sourceFor }: SortOptions = {},
): IpAddress[] {
  const candidates = addresses.map((ip) =>
    sourceFor === undefined ? candidateAlone(ip) : candidate(ip, sourceFor(ip))
  );
  return candidates.sort(compare).map(({ ip }) => ip); // rule 10: a stable sort
}

function candidateAlone(ip: IpAddress): Candidate {
  const ranks = [-policyOf(ip).precedence, scopeOf(ip)];
  return { ip, ranks, commonBits: 0 };
}

function candidate(
  ip: IpAddress,
  source: SourceAddress | undefined,
): Candidate {
  const { precedence, label } = policyOf(ip);
  const scope = scopeOf(ip);
  const from = source === undefined ? undefined : ipOfSource(source);
  const ranks = [
    Number(from === undefined), // rule 1: avoid unusable destinations
    Number(from === undefined || scope !== scopeOf(from)), // rule 2: prefer matching scope
    Number(from === undefined || label !== policyOf(from).label), // rule 5: prefer matching label
    -precedence, // rule 6: prefer higher precedence
    scope, // rule 8: prefer smaller scope
  ];
  return { ip, ranks, commonBits: commonBits(ip, source) };
}

function commonBits(ip: IpAddress, source: SourceAddress | undefined): number {
  if (source === undefined) return 0;
  const from = ipOfSource(source);
  // libc takes IPv4-mapped destinations for any other of IPv6 here.
  if (ip.family === 6) return commonPrefixLength(ip, from.toV4Mapped());
  const bits = commonPrefixLength(ip, from);
  return source instanceof IpPrefix && bits >= source.length ? bits : 0;
}

function compare(a: Candidate, b: Candidate): number {
  for (let i = 0; i < a.ranks.length; i++) {
    const difference = a.ranks[i]! - b.ranks[i]!;
    if (difference !== 0) return difference;
  }
  // Rule 9: use the longest matching prefix.
  return a.ip.family === b.ip.family ? b.commonBits - a.commonBits : 0;
}
