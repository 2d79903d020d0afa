/** A DNS server. */
export interface NameServer {
  /** Its address in text, IPv4 or IPv6. */
  readonly hostname: string;
  /**
   * Its port.
   *
   * @default {53}
   */
  readonly port?: number;
}

/** How addresses are ordered: by RFC 6724, by family first, or as the source gave them. */
export type AddressOrder = "rfc6724" | "ipv4first" | "ipv6first" | "verbatim";

/** What a {@linkcode Resolver} keeps of the answers it gets. */
export interface CacheOptions {
  /**
   * How many answers are kept; the least recently used go first.
   *
   * @default {1000}
   */
  readonly size?: number;
  /**
   * How long, in milliseconds, an answer is kept whose source says nothing of
   * its lifetime, as `Deno.resolveDns` does. 0 keeps no such answer.
   *
   * @default {10_000}
   */
  readonly ttl?: number;
  /**
   * The longest an answer is kept, in milliseconds, whatever its source says.
   *
   * @default {3_600_000}
   */
  readonly maxTtl?: number;
  /**
   * The longest that the absence of a name is remembered, in milliseconds; 0
   * remembers none. Failures of servers are never remembered.
   *
   * @default {5000}
   */
  readonly negativeTtl?: number;
  /**
   * For how long past its time, in milliseconds, an answer is still given when
   * the servers fail: RFC 8767. 0 never gives one.
   *
   * @default {0}
   */
  readonly staleIfError?: number;
}

/** Options of {@linkcode Resolver}. */
export interface ResolverOptions {
  /**
   * Where names are looked up: `"dns"` asks the hosts file and the name
   * servers; `"system"` asks libc's getaddrinfo, and so whatever the system is
   * set up for (mDNS, LDAP, …). It does so for addresses and their names only,
   * gives no other canonical name than the one asked for, and cannot be
   * interrupted: a look-up that is given up goes on below.
   *
   * @default {"dns"}
   */
  readonly source?: "dns" | "system";
  /**
   * The servers to ask, in this order, instead of the system's.
   *
   * @default {[]}
   */
  readonly nameServers?: readonly NameServer[];
  /**
   * How long to wait for one server's answer, in milliseconds, before the next
   * try; RES_TIMEOUT. The whole look-up may take `timeout` × `attempts` ×
   * servers. Where only `Deno.resolveDns` knows the servers, it is the
   * runtime's own: 5 s, three times.
   *
   * @default {5000}
   */
  readonly timeout?: number;
  /**
   * How often each server is asked; RES_DFLRETRY.
   *
   * @default {2}
   */
  readonly attempts?: number;
  /**
   * Whether to begin with another server at each look-up.
   *
   * @default {false}
   */
  readonly rotate?: boolean;
  /**
   * Domains to be tried behind names with fewer dots than `ndots`; by default
   * the system's. The root, `"."`, stands for the name as it is.
   */
  readonly search?: readonly string[];
  /**
   * A name with at least this many dots is tried as it is before the search
   * domains are.
   *
   * @default {1}
   */
  readonly ndots?: number;
  /**
   * The order of the addresses.
   *
   * @default {"rfc6724"}
   */
  readonly order?: AddressOrder;
  /**
   * The hosts file: the system's, that at a path, or none. It is read only
   * where reading it is permitted already, again when it changes, and never
   * more than once a second.
   *
   * @default {true}
   */
  readonly hosts?: boolean | string;
  /**
   * The cache, or false for none. Look-ups of one name at the same time are
   * one query in either case.
   *
   * @default {{}}
   */
  readonly cache?: CacheOptions | false;
  /**
   * The clock of the cache and of the files, in milliseconds, for tests.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
  /**
   * Random numbers from 0 to below 1, for the choice among SRV records of
   * equal priority.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}
