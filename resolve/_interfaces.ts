import { hostInterfaces } from "../internal/runtime/mod.ts";
import { IpPrefix, parseIpAddress } from "../address/mod.ts";

/** The interfaces are looked at no more often than this, in milliseconds. */
const RECHECK_MS = 1000;
let checked = -Infinity;
let known: readonly IpPrefix[] | undefined;

/** This host's addresses with their prefixes; undefined where seeing them is not permitted already. */
export function interfaceAddresses(): readonly IpPrefix[] | undefined {
  const now = performance.now();
  if (now - checked >= RECHECK_MS) {
    checked = now;
    known = readInterfaces();
  }
  return known;
}

function readInterfaces(): readonly IpPrefix[] | undefined {
  return hostInterfaces()?.map(({ address, cidr }) =>
    new IpPrefix(parseIpAddress(address), Number(cidr.split("/")[1]))
  );
}
