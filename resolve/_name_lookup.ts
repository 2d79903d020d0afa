/**
 * From an address to its names: hosts file, then PTR records.
 */
import { type IpAddress, reverseName } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { Names } from "./_addresses.ts";
import { hostNameOf } from "./_names.ts";
import { Refusal } from "./_plan.ts";
import type { RecordSearch } from "./_record_search.ts";
import type { SystemSource } from "./_system_source.ts";
import type { Surroundings } from "./_surroundings.ts";
import type { WatchedFile } from "./_watched_file.ts";
import type { HostsEntry, HostsTable } from "./hosts.ts";

/** Finds the names of addresses. */
export class NameLookup {
  readonly #search: RecordSearch;
  readonly #system: SystemSource | undefined;
  readonly #hosts: WatchedFile<HostsTable> | undefined;
  readonly #here: Surroundings;

  constructor(
    search: RecordSearch,
    system: SystemSource | undefined,
    hosts: WatchedFile<HostsTable> | undefined,
    here: Surroundings,
  ) {
    this.#here = here;
    this.#search = search;
    this.#system = system;
    this.#hosts = hosts;
  }

  /** What the hosts file says of a name. */
  hostsEntry(name: string): HostsEntry | undefined {
    return this.#hosts?.current()?.byName(name);
  }

  /** The names of an address; undefined where it has none. */
  async find(
    address: IpAddress,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<Names | Refusal | undefined> {
    const ip = address.unmap();
    if (this.#system !== undefined) {
      return await this.#system.names(ip, wait, timeoutError);
    }
    const entry = this.#hosts?.current()?.byAddress(ip);
    if (entry !== undefined) {
      return { name: entry.name, aliases: entry.aliases };
    }
    // RFC 6303: nobody else can know the names of these.
    if (ip.isLoopback()) {
      return isLocalhost(ip) ? { name: "localhost", aliases: [] } : undefined;
    }
    if (ip.isUnspecified()) return undefined;
    const outcome = await this.#search.exactly(
      reverseName(ip),
      "PTR",
      wait,
      timeoutError,
    );
    switch (outcome.status) {
      case "found": {
        // Whoever owns the address writes these: no text that is an address too,
        // nor what a host cannot be called.
        const [name, ...aliases] = (outcome.records as string[])
          .filter((name) => hostNameOf(name) !== undefined);
        return name === undefined ? undefined : { name, aliases };
      }
      case "again":
        return new Refusal("EAI_AGAIN", undefined, outcome.cause);
      default:
        return undefined;
    }
  }

  /** NI_NOFQDN: a name in this host's own domain, without it. */
  withoutLocalDomain(name: string): string {
    const domain = this.#localDomain();
    const isLocal = domain !== undefined &&
      name.toLowerCase().endsWith(domain.toLowerCase());
    return isLocal ? name.slice(0, -domain.length) : name;
  }

  /** What follows this host's own name, dot included, where it may be known. */
  #localDomain(): string | undefined {
    const hostname = this.#here.hostname();
    if (hostname === undefined) return undefined;
    const full = hostname.includes(".")
      ? hostname
      : this.hostsEntry(hostname)?.name ?? "";
    return full.includes(".") ? full.slice(full.indexOf(".")) : undefined;
  }
}

function isLocalhost(ip: IpAddress): boolean {
  const text = ip.toString();
  return text === "127.0.0.1" || text === "::1";
}
