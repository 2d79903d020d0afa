import { SOCK_STREAM, type SocketAddress } from "../address/mod.ts";
import {
  findAddresses,
  type HostLookup,
  numericAddress,
} from "../internal/hosts/mod.ts";
import { isNetByName } from "../internal/runtime/mod.ts";

/** Where to find addresses, and for which family. */
type Lookup = Omit<HostLookup, "socktype" | "isPassive">;

/**
 * Whether the runtime has to look the name up itself, since net access is limited
 * to names. A family or a resolver of the caller's is no business of the runtime's.
 */
export function isForRuntime(lookup: Lookup): boolean {
  const { hostname, port, family, resolver } = lookup;
  return family === undefined && resolver === undefined &&
    numericAddress(lookup) === undefined && isNetByName(hostname, port);
}

/** The look-ups of a name for a race, one for each family, IPv6 first. */
export function lookupsFor(
  lookup: Lookup,
  signal: AbortSignal,
): Promise<SocketAddress[]>[] {
  const request = { ...lookup, socktype: SOCK_STREAM };
  return (lookup.family === undefined ? [6, 4] as const : [lookup.family])
    .map((family) => findAddresses(request, family, { signal }));
}
