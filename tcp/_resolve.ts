import { checkPort, SOCK_STREAM, type SocketAddress } from "../address/mod.ts";
import {
  findAddress,
  findAddresses,
  numericAddress,
} from "../internal/hosts/mod.ts";
import { isNetByName } from "../internal/runtime/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { type AddressFinder, AI_PASSIVE } from "../resolve/mod.ts";

/** Where to find addresses, and for which family. */
export interface Lookup {
  hostname: string;
  port: number;
  family?: 4 | 6 | undefined;
  resolver?: AddressFinder | undefined;
}

/** The address that a host is without a look-up, if it is one. */
function numeric(lookup: Lookup): SocketAddress | undefined {
  checkPort(lookup.port);
  return numericAddress(lookup);
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
  const request = { ...lookup, socktype: SOCK_STREAM };
  return families.map((family) => findAddresses(request, family, wait));
}

/** The one address to bind: the first that is found, IPv4 before IPv6. */
export async function addressToBind(
  lookup: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress> {
  checkPort(lookup.port);
  return await findAddress(
    { ...lookup, socktype: SOCK_STREAM, flags: AI_PASSIVE },
    [4, 6],
    wait,
  );
}
