/**
 * The options of a resolver, read once, checked, and with their defaults.
 */
import { checkPort, parseIpAddress } from "../address/mod.ts";
import { hostNameOf } from "./_names.ts";
import type {
  AddressOrder,
  CacheOptions,
  NameServer,
  ResolverOptions,
} from "./resolver_options.ts";

/** What a resolver goes by; undefined stands for what the system says. */
export interface Settings {
  readonly source: "dns" | "system";
  /** Canonical addresses with their ports. */
  readonly nameServers: readonly Required<NameServer>[];
  readonly timeout: number | undefined;
  readonly attempts: number | undefined;
  readonly rotate: boolean | undefined;
  readonly search: readonly string[] | undefined;
  readonly ndots: number | undefined;
  readonly order: AddressOrder;
  readonly hosts: boolean | string;
  readonly cache: Required<CacheOptions>;
  readonly now: () => number;
  readonly fileNow: () => number;
  readonly random: () => number;
}

/**
 * Reads the options once.
 *
 * @throws {RangeError} If a number is out of range.
 * @throws {SyntaxError} If a name server is not an address, or an entry of `search` not a domain.
 * @throws {TypeError} If an option is of another type, or `source` or `order` not a known value.
 */
export function settingsOf(options: ResolverOptions): Settings {
  const { source = "dns", order = "rfc6724", hosts = true } = options;
  const { timeout, attempts, ndots, rotate, now, random } = options;
  const { cache, search, nameServers = [] } = options;
  checkChoice("source", source, ["dns", "system"]);
  checkChoice("order", order, ORDERS);
  checkAtLeast(1, { timeout, attempts });
  checkAtLeast(0, { ndots });
  return {
    source,
    order,
    hosts,
    timeout,
    attempts,
    ndots,
    rotate,
    search: search && Array.from(search, checkDomain),
    nameServers: Array.from(nameServers, nameServerOf),
    cache: cacheOf(cache),
    now: now ?? (() => performance.now()),
    // The wall clock is ten times cheaper to read, and good enough for files.
    fileNow: now ?? Date.now,
    random: random ?? Math.random,
  };
}

/**
 * A name server in the form in which its answers show where they come from:
 * canonical, without the mapping of IPv4 to IPv6, and never "any address".
 */
export function nameServerOf(
  { hostname, port = 53 }: NameServer,
): Required<NameServer> {
  const ip = parseIpAddress(hostname).unmap();
  checkPort(port);
  if (!ip.isUnspecified()) return { hostname: ip.toString(), port };
  return { hostname: ip.family === 4 ? "127.0.0.1" : "::1", port };
}

function cacheOf(
  options: CacheOptions | false | undefined,
): Required<CacheOptions> {
  const given = options === false ? { size: 0 } : { ...options };
  checkAtLeast(0, given as { [name: string]: number | undefined });
  return {
    size: given.size ?? 1000,
    ttl: given.ttl ?? 10_000,
    maxTtl: given.maxTtl ?? 3_600_000,
    negativeTtl: given.negativeTtl ?? 5000,
    staleIfError: given.staleIfError ?? 0,
  };
}

const ORDERS: readonly AddressOrder[] = [
  "rfc6724",
  "ipv4first",
  "ipv6first",
  "verbatim",
];

function checkDomain(domain: string): string {
  const isDomain = typeof domain === "string" &&
    (domain === "." || hostNameOf(domain) !== undefined);
  if (isDomain) return domain;
  throw new SyntaxError(
    `Cannot make a resolver: ${JSON.stringify(domain)} is not a domain`,
  );
}

function checkChoice(
  name: string,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  throw new TypeError(
    `Cannot make a resolver: ${name} is ${
      JSON.stringify(value)
    }, and must be one of ${choices.join(", ")}`,
  );
}

function checkAtLeast(
  least: number,
  values: { [name: string]: number | undefined },
): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value !== "number") {
      throw new TypeError(
        `Cannot make a resolver: ${name} is ${
          JSON.stringify(value)
        }, and must be a number`,
      );
    }
    if (value >= least) continue;
    throw new RangeError(
      `Cannot make a resolver: ${name} is ${value}, and must be ${least} or more`,
    );
  }
}
