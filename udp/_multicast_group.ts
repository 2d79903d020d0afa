import { type IpAddress, tryParseIpAddress } from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import type { MulticastGroup } from "./_transport.ts";
import type { MulticastOptions } from "./multicast_options.ts";

function parse(address: unknown): IpAddress | undefined {
  return typeof address === "string" ? tryParseIpAddress(address) : undefined;
}

/** The group of a call, once all of it has been checked. */
export function multicastGroup(
  verb: "join" | "leave",
  family: 4 | 6,
  address: string,
  { interface: via, source }: MulticastOptions,
): MulticastGroup {
  const ip = parse(address);
  if (ip?.family !== family || ip.isV4Mapped() || !ip.isMulticast()) {
    throw new TypeError(
      `Cannot ${verb} ${
        showValue(address)
      }: not an IPv${family} multicast address`,
    );
  }
  if (via !== undefined) checkInterface(via, family);
  if (source !== undefined && parse(source)?.family !== family) {
    throw new TypeError(
      `Cannot use source ${showValue(source)}: not an IPv${family} address`,
    );
  }
  return { family, address: ip.toString(), interface: via, source };
}

/** Refuses what names no interface as the family does. */
export function checkInterface(via: string | number, family: 4 | 6): void {
  const isGood = family === 4
    ? parse(via)?.family === 4
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
