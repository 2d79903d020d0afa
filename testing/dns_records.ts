import type {
  CaaRecord,
  MxRecord,
  NaptrRecord,
  SoaRecord,
  SrvRecord,
} from "../resolve/mod.ts";

/**
 * What the DNS of a simulated network says of a name. A name has records of any number of
 * types, or a `cname` only. See the example of `NetworkDns`.
 */
export interface DnsRecords {
  /** IPv4 and IPv6 addresses: the A and AAAA records. Defaults to none. */
  readonly addresses?: string | readonly string[] | undefined;
  /** The name that this one is an alias of. Defaults to none. */
  readonly cname?: string | undefined;
  /** Certification authority authorizations. Defaults to none. */
  readonly caa?: readonly CaaRecord[] | undefined;
  /** Mail exchanges. Defaults to none. */
  readonly mx?: readonly MxRecord[] | undefined;
  /** Naming authority pointers. Defaults to none. */
  readonly naptr?: readonly NaptrRecord[] | undefined;
  /** The names of name servers. Defaults to none. */
  readonly ns?: readonly string[] | undefined;
  /** The names that an address points to; hosts have theirs already. Defaults to none. */
  readonly ptr?: readonly string[] | undefined;
  /** Starts of authority. Defaults to none. */
  readonly soa?: readonly SoaRecord[] | undefined;
  /** Locations of a service. Defaults to none. */
  readonly srv?: readonly SrvRecord[] | undefined;
  /** Text records, each a list of strings. Defaults to none. */
  readonly txt?: readonly (readonly string[])[] | undefined;
  /**
   * How long resolvers can keep the records, in milliseconds of virtual time; 0 is not at
   * all.
   *
   * @default {60_000}
   */
  readonly ttl?: number | undefined;
}

/**
 * How the name server fails for a name: with a response code of RFC 1035, with an empty
 * answer (`"NODATA"`), or not at all (`"timeout"`).
 */
export type DnsFailure =
  | "FORMERR"
  | "NODATA"
  | "NOTIMP"
  | "NXDOMAIN"
  | "REFUSED"
  | "SERVFAIL"
  | "timeout";
