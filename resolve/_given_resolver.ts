import type { IpPrefix } from "../address/mod.ts";
import type { DnsSource } from "./_source.ts";
import { SERVICES } from "./_service_tables.ts";
import { Resolver } from "./resolver.ts";
import type { ResolverOptions } from "./resolver_options.ts";
import { ServiceTable } from "./services.ts";

/** What stands for a host and its name servers. */
export interface GivenSurroundings {
  /** Answers all queries. */
  readonly source: DnsSource;
  /** Returns the host's addresses with their prefixes, for RFC 6724 and AI_ADDRCONFIG. */
  interfaces(): readonly IpPrefix[];
  /** The options. Those that are about name servers and the hosts file have no effect. */
  readonly options?: ResolverOptions;
}

let services: ServiceTable | undefined;

/**
 * Makes the resolver of a simulated host. It has the built-in table of services, and
 * reads no file of this host.
 */
export function resolverOver(
  { source, interfaces, options }: GivenSurroundings,
): Resolver {
  return new Resolver({ ...options, source: "dns" }, {
    source,
    interfaces,
    services: () => services ??= ServiceTable.parse(SERVICES),
    hostname: () => undefined,
  });
}
