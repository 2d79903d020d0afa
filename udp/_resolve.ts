import {
  checkPort,
  parseIpAddress,
  SOCK_DGRAM,
  SocketAddress,
} from "../address/mod.ts";
import { findAddress as findHostAddress } from "../internal/hosts/mod.ts";
import { type AddressFinder, AI_PASSIVE } from "../resolve/mod.ts";
import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import { showValue } from "../internal/check/mod.ts";

/** Where to find an address, and of which family. */
export interface Lookup {
  hostname: string;
  port: number;
  family?: 4 | 6 | undefined;
  /** Which family to ask about first, where both will do; 4 if left out. */
  prefer?: 4 | 6 | undefined;
  resolver?: AddressFinder | undefined;
  /** Whether it is for binding: AI_PASSIVE. */
  isPassive?: boolean | undefined;
}

/** Refuses what is no port of a peer. */
export function checkPeerPort(port: number, verb: "connect" | "send"): void {
  if (checkPort(port) !== 0) return;
  throw new RangeError(`Cannot ${verb} to port 0: it stands for any port`);
}

/** Throws unless a host is text. */
export function checkHostname(hostname: string, verb: string): void {
  if (typeof hostname === "string") return;
  throw new TypeError(
    `Cannot ${verb} ${showValue(hostname)}: hostname must be a string`,
  );
}

/** The first address of a host, of the preferred family where both will do. */
export function findAddress(
  { isPassive, prefer, ...host }: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress> {
  return findHostAddress(
    { ...host, socktype: SOCK_DGRAM, flags: isPassive ? AI_PASSIVE : 0 },
    prefer === 6 ? [6, 4] : [4, 6],
    wait,
  );
}

/** The address of a peer; this host's if it is the unspecified one, as in C. */
export async function findPeer(
  lookup: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress> {
  checkHostname(lookup.hostname, "connect to");
  checkPeerPort(lookup.port, "connect");
  checkWait(wait);
  const found = await findAddress(lookup, wait);
  if (!found.ip.isUnspecified()) return found;
  const loopback = found.family === 4 ? "127.0.0.1" : "::1";
  return new SocketAddress(parseIpAddress(loopback), found.port);
}
