import { tryParseIpAddress } from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import type { MulticastGroup, UdpFeature } from "./_transport.ts";
import type { MulticastOptions } from "./multicast_options.ts";

function familyOf(address: unknown): number | undefined {
  return typeof address === "string"
    ? tryParseIpAddress(address)?.family
    : undefined;
}

/** The group of a call, once all of it has been checked. */
export function multicastGroup(
  verb: "join" | "leave",
  family: 4 | 6,
  address: string,
  { interface: via, source }: MulticastOptions,
): MulticastGroup {
  const ip = typeof address === "string"
    ? tryParseIpAddress(address)
    : undefined;
  if (ip?.family !== family || ip.isV4Mapped() || !ip.isMulticast()) {
    throw new TypeError(
      `Cannot ${verb} ${
        showValue(address)
      }: not an IPv${family} multicast address`,
    );
  }
  if (via !== undefined) checkInterface(via, family);
  if (source !== undefined && familyOf(source) !== family) {
    throw new TypeError(
      `Cannot use source ${showValue(source)}: not an IPv${family} address`,
    );
  }
  return { family, address: ip.toString(), interface: via, source };
}

/** Refuses what names no interface as the family does. */
export function checkInterface(via: string | number, family: 4 | 6): void {
  const isGood = family === 4
    ? familyOf(via) === 4
    : typeof via === "number"
    ? Number.isInteger(via) && via >= 0
    : typeof via === "string" && via !== "" && !via.includes(":");
  if (isGood) return;
  throw new TypeError(
    `Cannot use interface ${showValue(via)}: not ${
      family === 4 ? "an IPv4 address" : "an index or a name"
    }`,
  );
}

/** What a transport must lack that cannot find the interface of a group. */
export function neededFeature(group: MulticastGroup): UdpFeature {
  return typeof group.interface === "string"
    ? "interfaceName"
    : "interfaceIndex";
}
