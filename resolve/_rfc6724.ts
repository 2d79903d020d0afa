/**
 * The order in which to try a host's addresses: RFC 6724 section 6. Pure: the
 * sources that packets would leave from are passed in.
 */
import { type IpAddress, parseIpAddress } from "../address/mod.ts";
import { commonPrefix, scopeOf } from "./_source_address.ts";

interface Policy {
  readonly prefix: IpAddress;
  readonly length: number;
  readonly precedence: number;
  readonly label: number;
}

/** The default policy table of RFC 6724 section 2.1, longest prefixes first. */
const POLICIES: readonly Policy[] = ([
  ["::1", 128, 50, 0],
  ["::ffff:0:0", 96, 35, 4],
  ["::", 96, 1, 3],
  ["2001::", 32, 5, 5],
  ["2002::", 16, 30, 2],
  ["3ffe::", 16, 1, 12],
  ["fec0::", 10, 1, 11],
  ["fc00::", 7, 3, 13],
  ["::", 0, 40, 1],
] as const).map(([prefix, length, precedence, label]) => ({
  prefix: parseIpAddress(prefix),
  length,
  precedence,
  label,
}));

const V4_POLICY = POLICIES.find(({ label }) => label === 4)!;

function policyOf(ip: IpAddress): Policy {
  if (ip.family === 4) return V4_POLICY;
  return POLICIES.find(({ prefix, length }) =>
    commonPrefix(ip, prefix) >= length
  )!;
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
 * The destinations in the order to try them. Without `sourceOf` only the rules
 * that are about destinations alone apply (6, 8 and 10); rules 3, 4 and 7 are
 * about what an address does not tell.
 */
export function sortDestinations(
  destinations: readonly IpAddress[],
  sourceOf?: (destination: IpAddress) => IpAddress | undefined,
): IpAddress[] {
  const candidates = destinations.map((ip) =>
    sourceOf === undefined ? candidateAlone(ip) : candidate(ip, sourceOf(ip))
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
    commonBits: ip.family === 6 ? commonPrefix(ip, source) : undefined,
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
