import type { IpPrefix } from "../address/mod.ts";
import { hostName } from "../internal/runtime/mod.ts";
import { interfaceAddresses } from "./_interfaces.ts";
import type { DnsSource } from "./_source.ts";
import { currentServices } from "./_system_files.ts";
import type { ServiceTable } from "./services.ts";

/** What a resolver knows of its host: of this one, or of one in a simulated network. */
export interface Surroundings {
  /** The host's addresses with their prefixes; undefined if they may not be seen. */
  interfaces(): readonly IpPrefix[] | undefined;
  /** The host's services. */
  services(): ServiceTable;
  /** The name of the host; undefined if it may not be known. */
  hostname(): string | undefined;
  /**
   * Answers all queries, in place of name servers; the host then has no hosts file and
   * no resolv.conf.
   */
  readonly source?: DnsSource;
}

/** What is known of this host. */
export const HERE: Surroundings = {
  interfaces: interfaceAddresses,
  services: currentServices,
  hostname: hostName,
};
