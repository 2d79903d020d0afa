import {
  AF_INET,
  AF_INET6,
  checkPort,
  SOCK_STREAM,
  SocketAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import { AddrInfoError } from "../errors/mod.ts";
import { isNetByName } from "../internal/runtime/mod.ts";
import { type AddressFinder, AI_PASSIVE, getAddrInfo } from "../resolve/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";

/** Where to find addresses, and for which family. */
export interface Lookup {
  hostname: string;
  port: number;
  family?: 4 | 6 | undefined;
  resolver?: AddressFinder | undefined;
}

const FAMILIES = { 4: AF_INET, 6: AF_INET6 };

/** The address that a host is without a look-up, if it is one. */
function numeric(
  { hostname, port, family }: Lookup,
): SocketAddress | undefined {
  checkPort(port);
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
  return new SocketAddress(ip.unmap(), port);
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

/**
 * The addresses of one family. A resolver of the caller's may know nothing of
 * families, and give the same addresses for both.
 */
async function find(
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
    const infos = await getAddrInfo(hostname, port, hints);
    return infos.map(({ address }) => address);
  }
  const infos = await resolver.getAddrInfo(hostname, port, hints);
  const found = new Map<string, SocketAddress>();
  for (const info of infos) {
    const { ip, port } = SocketAddress.from(info.address);
    if (ip.family !== family) continue;
    const address = new SocketAddress(ip.unmap(), port);
    found.set(`${address}`, address);
  }
  if (found.size > 0) return [...found.values()];
  throw new AddrInfoError("EAI_NODATA", {
    hostname,
    reason: `the resolver found no IPv${family} address`,
  });
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
