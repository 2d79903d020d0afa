import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  type IpAddress,
  type IpPrefix,
  selectSource,
  sortAddresses,
} from "../address/mod.ts";
import type { AddressOrder } from "./resolver_options.ts";

/** The addresses in the order that is wished for, on a host with these interfaces. */
export function orderAddresses(
  addresses: readonly IpAddress[],
  order: AddressOrder,
  interfaces: () => readonly IpPrefix[] | undefined,
): readonly IpAddress[] {
  if (addresses.length < 2) return addresses;
  switch (order) {
    case "verbatim":
      return addresses;
    case "ipv4first":
      return familyFirst(addresses, 4);
    case "ipv6first":
      return familyFirst(addresses, 6);
    case "rfc6724": {
      const own = interfaces();
      if (own === undefined) return sortAddresses(addresses);
      const sourceFor = (ip: IpAddress) => selectSource(ip, own);
      return sortAddresses(addresses, { sourceFor });
    }
  }
}

function familyFirst(
  addresses: readonly IpAddress[],
  family: 4 | 6,
): IpAddress[] {
  return [
    ...addresses.filter((ip) => ip.family === family),
    ...addresses.filter((ip) => ip.family !== family),
  ];
}

/**
 * What is left of a family by AI_ADDRCONFIG: RFC 3493 section 6.1 leaves out
 * the families of which this host has no address but loopback. All are left
 * where the interfaces may not be seen; undefined where none is.
 */
export function configuredFamily(
  family: number,
  interfaces: readonly IpPrefix[] | undefined,
): number | undefined {
  if (interfaces === undefined) return family;
  const has = (version: 4 | 6) =>
    interfaces.some(({ ip }) => ip.family === version && !ip.isLoopback());
  const [has4, has6] = [has(4), has(6)];
  if (family === AF_INET) return has4 ? family : undefined;
  if (family === AF_INET6) return has6 ? family : undefined;
  if (has4 === has6) return AF_UNSPEC; // with none at all, loopback must do
  return has4 ? AF_INET : AF_INET6;
}
