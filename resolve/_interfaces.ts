import { type IpAddress, parseIpAddress } from "../address/mod.ts";

/** An address of this host's and the length of its prefix. */
export interface InterfaceAddress {
  readonly ip: IpAddress;
  readonly prefixLength: number;
}

/** The interfaces are looked at no more often than this, in milliseconds. */
const RECHECK_MS = 1000;
let checked = -Infinity;
let known: readonly InterfaceAddress[] | undefined;

/** This host's addresses; undefined where seeing them is not permitted already. */
export function interfaceAddresses(): readonly InterfaceAddress[] | undefined {
  const now = performance.now();
  if (now - checked >= RECHECK_MS) {
    checked = now;
    known = readInterfaces();
  }
  return known;
}

function readInterfaces(): readonly InterfaceAddress[] | undefined {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  if (state !== "granted") return undefined;
  return Deno.networkInterfaces().map(({ address, cidr }) => ({
    ip: parseIpAddress(address),
    prefixLength: Number(cidr.split("/")[1]),
  }));
}
