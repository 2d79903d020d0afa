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

function policyOf(ip: IpAddress): Policy {
  const mapped = ip.family === 4 ? ip.toV4Mapped() : ip;
  return POLICIES.find(({ prefix, length }) =>
    commonPrefix(mapped, prefix) >= length
  )!;
}

/** What the rules go by of one destination; `source` is undefined where it is unreachable. */
interface Candidate {
  readonly ip: IpAddress;
  readonly source: IpAddress | undefined;
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
  const candidates = destinations.map((ip): Candidate => ({
    ip,
    source: sourceOf?.(ip),
  }));
  const compare = sourceOf === undefined ? compareAlone : compareWithSources;
  return candidates.toSorted(compare).map(({ ip }) => ip); // rule 10: a stable sort
}

function compareAlone({ ip: a }: Candidate, { ip: b }: Candidate): number {
  // Rule 6: prefer higher precedence. Rule 8: prefer smaller scope.
  return policyOf(b).precedence - policyOf(a).precedence ||
    scopeOf(a) - scopeOf(b);
}

function compareWithSources(a: Candidate, b: Candidate): number {
  // Rule 1: avoid unusable destinations.
  if (a.source === undefined || b.source === undefined) {
    return Number(a.source === undefined) - Number(b.source === undefined);
  }
  // Rule 2: prefer matching scope.
  const misfit = ({ ip, source }: Candidate) =>
    Number(scopeOf(ip) !== scopeOf(source!));
  // Rule 5: prefer matching label.
  const unlike = ({ ip, source }: Candidate) =>
    Number(policyOf(ip).label !== policyOf(source!).label);
  return misfit(a) - misfit(b) || unlike(a) - unlike(b) || compareAlone(a, b) ||
    comparePrefixes(a, b);
}

/** Rule 9: use the longest matching prefix; of IPv6 alone, so that DNS round robin works for IPv4. */
function comparePrefixes(a: Candidate, b: Candidate): number {
  if (a.ip.family === 4 || b.ip.family === 4) return 0;
  return commonPrefix(b.ip, b.source!) - commonPrefix(a.ip, a.source!);
}
