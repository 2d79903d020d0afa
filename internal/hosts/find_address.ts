import {
  AF_INET,
  AF_INET6,
  checkPort,
  isIpAddress,
  SocketAddress,
  tryParseIpAddress,
} from "../../address/mod.ts";
import {
  AddrInfoError,
  socketError,
  type SocketErrorContext,
} from "../../errors/mod.ts";
import { checkType, showValue } from "../check/mod.ts";
import type { AddressFinder } from "../../resolve/mod.ts";
import { waitFor, type WaitOptions } from "../wait/mod.ts";

/** An IP version. */
export type Family = 4 | 6;

/** A host and a port. */
export interface Host {
  /** An address, in brackets if the caller likes, or a name. */
  readonly hostname: string;
  /** A port that was checked. */
  readonly port: number;
  /** The only family that will do; either if omitted. */
  readonly family?: Family | undefined;
}

/** How to look up a host. */
export interface HostLookup extends Host {
  /** The resolver to use. Defaults to the shared one. */
  readonly resolver?: AddressFinder | undefined;
  /** The family to look for first, if both will do. Defaults to IPv4. */
  readonly prefer?: Family | undefined;
  /** SOCK_STREAM or SOCK_DGRAM. */
  readonly socktype: number;
  /** Whether the address is to be bound: AI_PASSIVE. Defaults to false. */
  readonly isPassive?: boolean | undefined;
}

/** AI_PASSIVE of netdb.h: a resolver that is given needs nothing else of resolve/. */
const AI_PASSIVE = 1;
const NUMBERS = { 4: AF_INET, 6: AF_INET6 };
const ORDERS = { 4: [4, 6], 6: [6, 4] } as const;

/** Refuses a host that is not text, and a port that no peer has. */
export function checkPeer(
  hostname: string,
  port: number,
  verb: "connect" | "send",
): void {
  if (typeof hostname !== "string") {
    throw new TypeError(
      `Cannot use hostname ${showValue(hostname)}: it must be a string`,
    );
  }
  if (checkPort(port) !== 0) return;
  throw new RangeError(`Cannot ${verb} to port 0: it stands for any port`);
}

/** A service of a domain, by the name of its SRV records: RFC 2782. */
export interface Service {
  /** The name: `_service._protocol.domain`. */
  readonly name: string;
  readonly service: string;
  readonly protocol: string;
  readonly domain: string;
}

/** Refuses a service that is no name of SRV records, or has a host or port beside it. */
export function checkService(
  name: unknown,
  hostname: unknown,
  port: unknown,
): Service {
  const parts = typeof name === "string"
    ? /^_([^.]+)\._([^.]+)\.(.*[^.]\.?)$/s.exec(name)
    : null;
  if (parts === null) {
    throw new TypeError(
      `Cannot use service ${
        showValue(name)
      }: it must be a name such as "_imaps._tcp.example.com"`,
    );
  }
  if (hostname !== undefined || port !== undefined) {
    throw new TypeError(
      `Cannot use service ${
        showValue(name)
      } with hostname or port: its SRV records have both`,
    );
  }
  const [text, service, protocol, domain] = parts as unknown as string[];
  return {
    name: text!,
    service: service!,
    protocol: protocol!,
    domain: domain!,
  };
}

/** Refuses a local address that is no IP address in text. */
export function checkLocalAddress(address: string | undefined): void {
  checkType("localAddress", address, "string");
  if (address === undefined || isIpAddress(address)) return;
  throw new TypeError(
    `Cannot connect from ${showValue(address)}: not an IP address`,
  );
}

/**
 * Returns the address of a host that is an address in text, or undefined for a name.
 * An IPv4-mapped address is of both families, and returned as IPv4.
 *
 * @throws {AddrInfoError} If the address is of another family than the one asked for.
 */
export function numericAddress(
  { hostname, port, family }: Host,
): SocketAddress | undefined {
  const bare = hostname.startsWith("[") && hostname.endsWith("]")
    ? hostname.slice(1, -1)
    : hostname;
  const ip = tryParseIpAddress(bare);
  if (ip === undefined) return undefined;
  if (family !== undefined && ip.family !== family && !ip.isV4Mapped()) {
    throw new AddrInfoError("EAI_ADDRFAMILY", {
      hostname,
      reason: `not an IPv${family} address`,
    });
  }
  return new SocketAddress(ip.unmap(), port);
}

/**
 * Resolves with the addresses of a name in one family, the best first, each once.
 * A resolver of the caller's may ignore the family, so other addresses are dropped.
 */
export async function findAddresses(
  { hostname, port, resolver, socktype, isPassive }: HostLookup,
  family: Family,
  wait: WaitOptions,
): Promise<SocketAddress[]> {
  const { signal, timeout } = wait;
  const flags = isPassive ? AI_PASSIVE : 0;
  const hints = { family: NUMBERS[family], socktype, flags, signal, timeout };
  // Loaded for the first name: programs that use addresses only start faster.
  const finder = resolver ?? await import("../../resolve/mod.ts");
  const infos = await finder.getAddrInfo(hostname, port, hints);
  const found = new Map<string, SocketAddress>();
  for (const info of infos) {
    const { ip, port } = SocketAddress.from(info.address);
    if (ip.family !== family) continue;
    const address = new SocketAddress(ip.unmap(), port);
    found.set(`${address}`, address);
  }
  if (found.size > 0) return [...found.values()];
  throw new AddrInfoError("EAI_NODATA", {
    hostname,
    reason: `the resolver found no IPv${family} address`,
  });
}

/**
 * Resolves with the address of a host: the best one of the preferred family, or of the
 * other one if that has none. If neither has any, rejects with the error of the first.
 * `context` says what the address is for if the time of the options runs out.
 */
export function findAddress(
  lookup: HostLookup,
  wait: WaitOptions | undefined,
  context: SocketErrorContext,
): Promise<SocketAddress> {
  const search = searchAddress(lookup, wait?.signal);
  return waitFor(search, wait, () => socketError("ETIMEDOUT", context));
}

async function searchAddress(
  lookup: HostLookup,
  signal: AbortSignal | undefined,
): Promise<SocketAddress> {
  const address = numericAddress(lookup);
  if (address !== undefined) return address;
  const { family, prefer = 4 } = lookup;
  let failure: AddrInfoError | undefined;
  for (const wanted of family === undefined ? ORDERS[prefer] : [family]) {
    try {
      const [first] = await findAddresses(lookup, wanted, { signal });
      return first!;
    } catch (error) {
      if (!(error instanceof AddrInfoError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
