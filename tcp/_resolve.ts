import {
  AF_INET,
  AF_INET6,
  checkPort,
  SOCK_STREAM,
  SocketAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import { showValue } from "../check/mod.ts";
import { AddrInfoError } from "../errors/mod.ts";
import { isNetByName } from "../permissions/mod.ts";
import { type AddressFinder, AI_PASSIVE, getAddrInfo } from "../resolve/mod.ts";
import type { WaitOptions } from "../wait/mod.ts";

/** Where to find addresses, and for which family. */
export interface Lookup {
  hostname: string;
  port: number;
  family?: 4 | 6 | undefined;
  resolver?: AddressFinder | undefined;
}

const FAMILIES = { 4: AF_INET, 6: AF_INET6 };

/** Refuses families there are not, for callers without types. */
function checkFamily(family: unknown): void {
  if (family === undefined || family === 4 || family === 6) return;
  throw new TypeError(
    `Cannot use family ${showValue(family)}: it must be 4 or 6`,
  );
}

/** The address that a host is without a look-up, if it is one. */
function numeric(
  { hostname, port, family }: Lookup,
): SocketAddress | undefined {
  checkPort(port);
  checkFamily(family);
  const bare = hostname.startsWith("[") && hostname.endsWith("]")
    ? hostname.slice(1, -1)
    : hostname;
  const ip = tryParseIpAddress(bare);
  if (ip === undefined) return undefined;
  if (family !== undefined && ip.family !== family) {
    throw new AddrInfoError("EAI_ADDRFAMILY", {
      hostname,
      reason: `not an IPv${family} address`,
    });
  }
  return new SocketAddress(ip, port);
}

/**
 * Whether the runtime has to look the name up itself, since net access is limited
 * to names. A family or a resolver of the caller's is no business of the runtime's.
 */
export function isForRuntime(lookup: Lookup): boolean {
  const { hostname, port, family, resolver } = lookup;
  return family === undefined && resolver === undefined &&
    numeric(lookup) === undefined && isNetByName(hostname, port);
}

function find(
  { hostname, port, resolver }: Lookup,
  family: 4 | 6,
  flags: number,
  wait: WaitOptions,
): Promise<SocketAddress[]> {
  const hints = {
    family: FAMILIES[family],
    socktype: SOCK_STREAM,
    flags,
    ...wait,
  };
  if (resolver === undefined) {
    return getAddrInfo(hostname, port, hints)
      .then((infos) => infos.map(({ address }) => address));
  }
  return resolver.getAddrInfo(hostname, port, hints)
    .then((infos) => infos.map(({ address }) => SocketAddress.from(address)));
}

/** The look-ups for a race, one for each family, IPv6 first. */
export function lookupsFor(
  lookup: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress[]>[] {
  const address = numeric(lookup);
  if (address !== undefined) return [Promise.resolve([address])];
  const families = lookup.family === undefined
    ? [6, 4] as const
    : [lookup.family];
  return families.map((family) => find(lookup, family, 0, wait));
}

/** The one address to bind: the first that is found, IPv4 before IPv6. */
export async function addressToBind(
  lookup: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress> {
  const address = numeric(lookup);
  if (address !== undefined) return address;
  const families = lookup.family === undefined
    ? [4, 6] as const
    : [lookup.family];
  let failure: unknown;
  for (const family of families) {
    try {
      const [first] = await find(lookup, family, AI_PASSIVE, wait);
      if (first !== undefined) return first;
    } catch (error) {
      if (!(error instanceof AddrInfoError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
