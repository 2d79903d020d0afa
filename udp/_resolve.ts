import {
  AF_INET,
  AF_INET6,
  checkPort,
  parseIpAddress,
  SOCK_DGRAM,
  SocketAddress,
  tryParseIpAddress,
} from "../address/mod.ts";
import { AddrInfoError } from "../errors/mod.ts";
import { type AddressFinder, AI_PASSIVE, getAddrInfo } from "../resolve/mod.ts";
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

/**
 * The address that a host is without a look-up, if it is one. An IPv4-mapped address
 * is the IPv4 address.
 */
export function numericAddress(
  hostname: string,
  port: number,
): SocketAddress | undefined {
  const bare = hostname.startsWith("[") && hostname.endsWith("]")
    ? hostname.slice(1, -1)
    : hostname;
  const ip = tryParseIpAddress(bare);
  return ip && new SocketAddress(ip.unmap(), port);
}

/** The first address of a host, of the preferred family where both will do. */
export async function findAddress(
  lookup: Lookup,
  wait: WaitOptions,
): Promise<SocketAddress> {
  const { hostname, port, family, resolver } = lookup;
  const address = numericAddress(hostname, port);
  if (address !== undefined) {
    const isMapped = address.family === 4 && hostname.includes(":");
    if (family === undefined || address.family === family || isMapped) {
      return address;
    }
    throw new AddrInfoError("EAI_ADDRFAMILY", {
      hostname,
      reason: `not an IPv${family} address`,
    });
  }
  let failure: unknown;
  const both = lookup.prefer === 6 ? [6, 4] : [4, 6];
  for (const wanted of family === undefined ? both : [family]) {
    const hints = {
      family: wanted === 4 ? AF_INET : AF_INET6,
      socktype: SOCK_DGRAM,
      flags: lookup.isPassive ? AI_PASSIVE : 0,
      ...wait,
    };
    try {
      const [first] = resolver === undefined
        ? await getAddrInfo(hostname, port, hints)
        : await resolver.getAddrInfo(hostname, port, hints);
      if (first === undefined) continue;
      const { ip } = SocketAddress.from(first.address);
      return new SocketAddress(ip.unmap(), port);
    } catch (error) {
      if (!(error instanceof AddrInfoError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
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
