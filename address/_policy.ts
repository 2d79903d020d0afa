import type { IpAddress } from "./ip_address.ts";
import { IpPrefix } from "./prefix.ts";

/** A row of the policy table: RFC 6724 section 2.1. */
export interface Policy {
  /** The addresses that it is for. */
  readonly prefix: IpPrefix;
  /** Which destinations are tried first: the higher ones. */
  readonly precedence: number;
  /** Which sources belong to which destinations: those with the same label. */
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

/** The row of the policy table for an address. */
export function policyOf(ip: IpAddress): Policy {
  if (ip.family === 4) return V4_POLICY;
  return POLICIES.find(({ prefix }) => prefix.contains(ip))!;
}
