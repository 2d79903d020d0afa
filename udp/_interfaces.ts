import {
  hostInterfaces,
  type InterfaceAddress,
} from "../internal/runtime/mod.ts";
import { IpPrefix, tryParseIpAddress } from "../address/mod.ts";

/** The index, of those with an IPv6 address; 0 if it is not known. */
function indexOf({ family, address, scopeid }: InterfaceAddress): number {
  if (family !== "IPv6") return 0;
  // Only link-local addresses have a scope; loopback is always the first.
  return scopeid || Number(address === "::1");
}

/** The name of an interface, if this program may know it. */
export function interfaceName(index: number): string | undefined {
  return hostInterfaces()?.find((one) => indexOf(one) === index)?.name;
}

/** The index of an interface, if this program may know it. */
export function interfaceIndex(name: string): number | undefined {
  const found = hostInterfaces()?.find((one) =>
    one.name === name && indexOf(one) > 0
  );
  return found && indexOf(found);
}

/**
 * Whether an address is the broadcast address of a network that this host is in.
 * Where asking is not permitted, it is a guess.
 */
export function isBroadcast(address: string): boolean {
  const text = tryParseIpAddress(address)?.unmap().toString();
  return hostInterfaces()?.some(({ family, cidr }) =>
    family === "IPv4" && String(IpPrefix.parse(cidr).last()) === text
  ) ?? address.endsWith(".255");
}
