/**
 * From a name to addresses: numeric, special, hosts file, cache, source.
 */
import {
  AF_INET,
  AF_UNSPEC,
  IpAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import type { WaitOptions } from "../wait/mod.ts";
import {
  addressesOf,
  type HostAnswer,
  selectAddresses,
  typesFor,
  weightiest,
} from "./_addresses.ts";
import { Cache } from "./_cache.ts";
import { deadlineOf } from "./_deadline.ts";
import { interfaceAddresses } from "./_interfaces.ts";
import { hostNameOf, specialName } from "./_names.ts";
import { configuredFamily, orderAddresses } from "./_order.ts";
import { Refusal } from "./_plan.ts";
import { cacheOptions } from "./_record_lookup.ts";
import type { RecordSearch } from "./_record_search.ts";
import type { Status } from "./_source.ts";
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
import type { ResolverOptions } from "./resolver_options.ts";

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
  readonly #order: NonNullable<ResolverOptions["order"]>;
  readonly #memos: Cache<HostAnswer>;
  readonly #unknownTtl: number;

  constructor(
    options: ResolverOptions,
    search: RecordSearch,
    system: SystemSource | undefined,
    hosts: WatchedFile<HostsTable> | undefined,
    now: () => number,
  ) {
    this.#search = search;
    this.#system = system;
    this.#hosts = hosts;
    this.#order = options.order ?? "rfc6724";
    const { size, ttl, maxTtl } = cacheOptions(options.cache);
    this.#memos = new Cache(size, now);
    this.#unknownTtl = Math.min(ttl, maxTtl);
  }

  /** Forgets all answers. */
  clear(): void {
    this.#memos.delete();
  }

  /** The answer, if it can be told at once; undefined where the network must be asked. */
  now(
    node: string | null,
    family: number,
    flags: number,
  ): HostAnswer | Refusal | undefined {
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
      return this.#choose([V4_LOOPBACK], [V6_LOOPBACK], node, family, flags);
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
    const entry = this.#hosts?.current()?.byName(name);
    if (entry === undefined) return undefined;
    const v4 = ofFamily(entry.addresses, 4);
    const v6 = ofFamily(entry.addresses, 6);
    const answer = this.#choose(v4, v6, entry.name, family, flags);
    // A name that the file has for the other family alone may be in the DNS.
    return answer.addresses.length > 0 ? answer : undefined;
  }

  /** The answer, by asking the network. */
  async later(
    node: string,
    family: number,
    flags: number,
    wait: WaitOptions | undefined,
    timeoutError: () => Error,
  ): Promise<HostAnswer | Refusal> {
    const name = hostNameOf(node)!;
    const left = wait === undefined ? undefined : deadlineOf(wait);
    const wanted = flags & AI_ADDRCONFIG
      ? configuredFamily(family, interfaceAddresses())
      : family;
    if (wanted === undefined) {
      return new Refusal(
        "EAI_NONAME",
        "no address of the family is configured",
      );
    }
    if (this.#system !== undefined) {
      const answer = await this.#system.lookup(
        name,
        wanted,
        left,
        timeoutError,
      );
      if (answer instanceof Refusal) return answer;
      const ordered = this.#arrange(answer, wanted, flags);
      this.#memos.set(memoKey(node, family, flags), ordered, this.#unknownTtl);
      return ordered;
    }
    const types = typesFor(wanted, flags);
    const found = await this.#search.find(name, types, left, timeoutError);
    const v4 = addressesOf(found.outcomes, types, "A");
    const v6 = addressesOf(found.outcomes, types, "AAAA");
    const status = weightiest(found.outcomes);
    if (status.status !== "found") {
      return new Refusal(CODES[status.status], undefined, status.cause);
    }
    const canonical = flags & AI_CANONNAME
      ? await this.#search.canonicalName(found, left, timeoutError)
      : found.name;
    const answer = this.#choose(v4, v6, canonical, wanted, flags);
    this.#memos.set(memoKey(node, family, flags), answer, found.lifetime);
    return answer;
  }

  #choose(
    v4: readonly IpAddress[],
    v6: readonly IpAddress[],
    canonical: string,
    family: number,
    flags: number,
  ): HostAnswer {
    const addresses = selectAddresses(v4, v6, family, flags);
    return { addresses: orderAddresses(addresses, this.#order), canonical };
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
      addresses: isOrdered ? selected : orderAddresses(selected, this.#order),
      canonical,
    };
  }
}

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
