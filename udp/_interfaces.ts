import { IpPrefix, tryParseIpAddress } from "../address/mod.ts";

/** This host's interfaces; undefined where asking is not permitted. */
function interfaces(): Deno.NetworkInterfaceInfo[] | undefined {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  return state === "granted" ? Deno.networkInterfaces() : undefined;
}

/** The index, of those with an IPv6 address; 0 if it is not known. */
function indexOf(one: Deno.NetworkInterfaceInfo): number {
  if (one.family !== "IPv6") return 0;
  const { scopeid } = one as { scopeid?: number | null };
  // Only link-local addresses have a scope; loopback is always the first.
  return scopeid || Number(one.address === "::1");
}

/** The name of an interface, if this program may know it. */
export function interfaceName(index: number): string | undefined {
  return interfaces()?.find((one) => indexOf(one) === index)?.name;
}

/** The index of an interface, if this program may know it. */
export function interfaceIndex(name: string): number | undefined {
  const found = interfaces()?.find((one) =>
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
  return interfaces()?.some(({ family, cidr }) =>
    family === "IPv4" && String(IpPrefix.parse(cidr).last()) === text
  ) ?? address.endsWith(".255");
}
