import type { IpAddress } from "./ip_address.ts";
import { commonPrefixLength, IpPrefix } from "./prefix.ts";
import { scopeOf } from "./scope.ts";

/** A row of the policy table: RFC 6724 section 2.1. */
interface Policy {
  readonly prefix: IpPrefix;
  readonly precedence: number;
  readonly label: number;
}

/** The default policy table of RFC 6724 section 2.1, the longest prefixes first. */
const POLICIES: readonly Policy[] = ([
  ["::1/128", 50, 0],
  ["::ffff:0.0.0.0/96", 35, 4],
  ["::/96", 1, 3],
  ["2001::/32", 5, 5],
  ["2002::/16", 30, 2],
  ["3ffe::/16", 1, 12],
  ["fec0::/10", 1, 11],
  ["fc00::/7", 3, 13],
  ["::/0", 40, 1],
] as const).map(([text, precedence, label]) => ({
  prefix: IpPrefix.parse(text),
  precedence,
  label,
}));

const V4_POLICY = POLICIES.find(({ label }) => label === 4)!;

function policyOf(ip: IpAddress): Policy {
  if (ip.family === 4) return V4_POLICY;
  return POLICIES.find(({ prefix }) => prefix.contains(ip))!;
}

/** What is known about the host that is going to connect. */
export interface SortOptions {
  /**
   * The address that the host would send from to a destination, or undefined
   * where it can reach none; {@linkcode selectSource} finds it among those of the
   * interfaces. If left out, the rules about sources do not apply.
   */
  sourceFor?: ((destination: IpAddress) => IpAddress | undefined) | undefined;
}

/** What the rules go by of one destination, in their order; less is better. */
interface Candidate {
  readonly ip: IpAddress;
  /** Rules 1, 2, 5, 6 and 8. */
  readonly ranks: readonly number[];
  /** Rule 9, for IPv6 alone, so that DNS round robin works for IPv4. */
  readonly commonBits: number | undefined;
}

/**
 * The addresses in the order in which to try them: RFC 6724 section 6. Pure: what
 * it must know about the host is passed in. Rules 3, 4 and 7 are about what no
 * runtime tells; without sources only the rules 6, 8 and 10 apply.
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
  return {
    ip,
    ranks: [-policyOf(ip).precedence, scopeOf(ip)],
    commonBits: undefined,
  };
}

function candidate(ip: IpAddress, source: IpAddress | undefined): Candidate {
  // Rule 1: avoid unusable destinations.
  if (source === undefined) return { ip, ranks: [1], commonBits: undefined };
  const { precedence, label } = policyOf(ip);
  const scope = scopeOf(ip);
  const ranks = [
    0,
    Number(scope !== scopeOf(source)), // rule 2: prefer matching scope
    Number(label !== policyOf(source).label), // rule 5: prefer matching label
    -precedence, // rule 6: prefer higher precedence
    scope, // rule 8: prefer smaller scope
  ];
  return {
    ip,
    ranks,
    commonBits: ip.family === 6 ? commonPrefixLength(ip, source) : undefined,
  };
}

function compare(a: Candidate, b: Candidate): number {
  for (let i = 0; i < a.ranks.length && i < b.ranks.length; i++) {
    const difference = a.ranks[i]! - b.ranks[i]!;
    if (difference !== 0) return difference;
  }
  if (a.commonBits === undefined || b.commonBits === undefined) return 0;
  return b.commonBits - a.commonBits; // rule 9: use the longest matching prefix
}
