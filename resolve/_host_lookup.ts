/**
 * From a name to addresses: numeric, special, hosts file, cache, source.
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IpAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import {
  addressesOf,
  type HostAnswer,
  selectAddresses,
  typesFor,
  weightiest,
} from "./_addresses.ts";
import { Cache } from "./_cache.ts";
import { deadlineOf } from "./_deadline.ts";
import { hostNameOf, specialName } from "./_names.ts";
import { configuredFamily, orderAddresses } from "./_order.ts";
import { Refusal } from "./_plan.ts";
import type { RecordSearch } from "./_record_search.ts";
import type { Settings } from "./_settings.ts";
import type { Status } from "./_source.ts";
import type { Surroundings } from "./_surroundings.ts";
import type { SystemSource } from "./_system_source.ts";
import type { WatchedFile } from "./_watched_file.ts";
import {
  AI_ADDRCONFIG,
  AI_ALL,
  AI_CANONNAME,
  AI_NUMERICHOST,
  AI_PASSIVE,
  AI_V4MAPPED,
} from "./flags.ts";
import type { HostsTable } from "./hosts.ts";

const V4_LOOPBACK = IpAddress.fromBytes(new Uint8Array([127, 0, 0, 1]));
const V6_LOOPBACK = IpAddress.fromBytes(
  new Uint8Array([...new Uint8Array(15), 1]),
);
const V4_ANY = IpAddress.fromBytes(new Uint8Array(4));
const V6_ANY = IpAddress.fromBytes(new Uint8Array(16));

/** The flags that decide which addresses answer. */
const ADDRESS_FLAGS = AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_CANONNAME;

/** The EAI_* code of each way to end without records, as libc translates h_errno. */
export const CODES: { readonly [S in Exclude<Status, "found">]: string } = {
  noname: "EAI_NONAME",
  nodata: "EAI_NODATA",
  again: "EAI_AGAIN",
  fail: "EAI_FAIL",
};

/** Finds the addresses of hosts. */
export class HostLookup {
  readonly #search: RecordSearch;
  readonly #system: SystemSource | undefined;
  readonly #hosts: WatchedFile<HostsTable> | undefined;
  readonly #order: Settings["order"];
  readonly #memos: Cache<HostAnswer>;
  readonly #unknownTtl: number;
  readonly #interfaces: Surroundings["interfaces"];

  constructor(
    settings: Settings,
    search: RecordSearch,
    system: SystemSource | undefined,
    hosts: WatchedFile<HostsTable> | undefined,
    { interfaces }: Surroundings,
  ) {
    this.#interfaces = interfaces;
    this.#search = search;
    this.#system = system;
    this.#hosts = hosts;
    this.#order = settings.order;
    const { size, ttl, maxTtl } = settings.cache;
    this.#memos = new Cache(size, settings.now);
    this.#unknownTtl = Math.min(ttl, maxTtl);
  }

  /** Forgets all answers. */
  clear(): void {
    this.#memos.delete();
  }

  /** The answer, if no network has to be asked for it; else undefined. */
  now(
    node: string | null,
    requested: number,
    flags: number,
  ): HostAnswer | Refusal | undefined {
    const family = this.#familyFor(requested, flags);
    if (family === undefined) return NO_FAMILY;
    if (node === null) return localAddresses(family, flags);
    if (!(flags & AI_NUMERICHOST)) {
      // What is in the cache has passed all the checks below, but for the hosts file.
      const memo = this.#memos.get(memoKey(node, family, flags));
      if (memo !== undefined && !this.#isInHosts(node)) return memo;
    }
    const numeric = numericHost(node, family, flags);
    if (numeric !== undefined) return numeric;
    if (flags & AI_NUMERICHOST) {
      return new Refusal("EAI_NONAME", "the node is not an address");
    }
    const name = hostNameOf(node);
    if (name === undefined) {
      return new Refusal("EAI_NONAME", "not a valid host name");
    }
    const special = specialName(name);
    if (special === "never") {
      return new Refusal("EAI_NONAME", "the name is reserved never to exist");
    }
    if (special === "localhost") {
      return this.#choose([V4_LOOPBACK], [V6_LOOPBACK], family, flags, {
        canonical: node,
      });
    }
    return this.#fromHosts(name, family, flags);
  }

  #isInHosts(node: string): boolean {
    return this.#hosts?.current()?.byName(node) !== undefined;
  }

  #fromHosts(
    name: string,
    family: number,
    flags: number,
  ): HostAnswer | undefined {
    const hosts = this.#hosts?.current();
    if (hosts?.byName(name) === undefined) return undefined;
    // As in libc, only the lines of the families that are asked for count.
    const isMapped = family === AF_INET6 && flags & AI_V4MAPPED;
    const only = family === AF_UNSPEC || isMapped
      ? undefined
      : family === AF_INET
      ? 4
      : 6;
    const entry = hosts.byName(name, only);
    // A name that the file has only for the other family may be in the DNS.
    if (entry === undefined) return undefined;
    const v4 = ofFamily(entry.addresses, 4);
    const v6 = ofFamily(entry.addresses, 6);
    return this.#choose(v4, v6, family, flags, {
      canonical: entry.name,
      aliases: entry.aliases,
    });
  }

  /** The answer, by asking the network; only after `now` had none. */
  async later(
    node: string,
    requested: number,
    flags: number,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<HostAnswer | Refusal> {
    const name = hostNameOf(node)!;
    const left = wait === undefined ? undefined : deadlineOf(wait);
    const family = this.#familyFor(requested, flags);
    if (family === undefined) return NO_FAMILY;
    if (this.#system !== undefined) {
      const answer = await this.#system.lookup(
        name,
        family,
        left,
        timeoutError,
      );
      if (answer instanceof Refusal) return answer;
      const ordered = this.#arrange(answer, family, flags);
      this.#memos.set(memoKey(node, family, flags), ordered, this.#unknownTtl);
      return ordered;
    }
    const types = typesFor(family, flags);
    const found = await this.#search.find(name, types, left, timeoutError);
    const v4 = addressesOf(found.outcomes, types, "A");
    const v6 = addressesOf(found.outcomes, types, "AAAA");
    const status = weightiest(found.outcomes);
    if (status.status !== "found") {
      return new Refusal(CODES[status.status], undefined, status.cause);
    }
    const names = flags & AI_CANONNAME
      ? await this.#search.chain(found, left, timeoutError)
      : { canonical: found.name };
    const answer = this.#choose(v4, v6, family, flags, names);
    this.#memos.set(memoKey(node, family, flags), answer, found.lifetime);
    return answer;
  }

  #choose(
    v4: readonly IpAddress[],
    v6: readonly IpAddress[],
    family: number,
    flags: number,
    names: Omit<HostAnswer, "addresses">,
  ): HostAnswer {
    const addresses = selectAddresses(v4, v6, family, flags);
    return { addresses: this.#sort(addresses), ...names };
  }

  #sort(addresses: readonly IpAddress[]): readonly IpAddress[] {
    return orderAddresses(addresses, this.#order, this.#interfaces);
  }

  /** What AI_ADDRCONFIG leaves of a family; undefined if that is none. */
  #familyFor(family: number, flags: number): number | undefined {
    return flags & AI_ADDRCONFIG
      ? configuredFamily(family, this.#interfaces())
      : family;
  }

  /** libc has ordered its addresses already, unless another order is wished for. */
  #arrange(
    { addresses, canonical }: HostAnswer,
    family: number,
    flags: number,
  ): HostAnswer {
    const isOrdered = this.#order === "rfc6724" || this.#order === "verbatim";
    if (isOrdered && family === AF_UNSPEC) return { addresses, canonical };
    const selected = selectAddresses(
      ofFamily(addresses, 4),
      ofFamily(addresses, 6),
      family,
      flags,
    );
    return {
      addresses: isOrdered ? selected : this.#sort(selected),
      canonical,
    };
  }
}

const NO_FAMILY = new Refusal(
  "EAI_NONAME",
  "no address of the family is configured",
);

function ofFamily(addresses: readonly IpAddress[], family: 4 | 6): IpAddress[] {
  return addresses.filter((ip) => ip.family === family);
}

function memoKey(node: string, family: number, flags: number): string {
  return `${family} ${flags & ADDRESS_FLAGS} ${node}`;
}

/** Without a node: the loopback addresses, or with AI_PASSIVE the unspecified ones; ordered as libc does. */
function localAddresses(family: number, flags: number): HostAnswer {
  const both = flags & AI_PASSIVE
    ? [V4_ANY, V6_ANY]
    : [V6_LOOPBACK, V4_LOOPBACK];
  const addresses = family === AF_UNSPEC
    ? both
    : both.filter((ip) => (ip.family === 4) === (family === AF_INET));
  return { addresses, canonical: "" };
}

/** What a node that is an address in text stands for in a family. */
function numericHost(
  node: string,
  family: number,
  flags: number,
): HostAnswer | Refusal | undefined {
  const ip = tryParseIpAddress(node);
  if (ip === undefined) return undefined;
  const fit = fitFamily(ip, family, flags);
  if (fit === undefined) {
    return new Refusal("EAI_ADDRFAMILY", "the address is of another family");
  }
  return { addresses: [fit], canonical: node };
}

function fitFamily(
  ip: IpAddress,
  family: number,
  flags: number,
): IpAddress | undefined {
  if (family === AF_UNSPEC || (family === AF_INET) === (ip.family === 4)) {
    return ip;
  }
  if (ip.family === 4) return flags & AI_V4MAPPED ? ip.toV4Mapped() : undefined;
  return ip.isV4Mapped() ? ip.unmap() : undefined;
}
