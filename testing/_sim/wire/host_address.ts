import { IpPrefix, parseIpAddress } from "../../../address/mod.ts";
import { showValue } from "../../../internal/check/mod.ts";

/** The limited broadcast address: RFC 919. */
export const BROADCAST = "255.255.255.255";
/** The broadcast address of every host's loopback network. */
export const LOOPBACK_BROADCAST = "127.255.255.255";

/** An address of a host, with the prefix of its subnet. */
export class HostAddress {
  /** Canonical text. */
  readonly text: string;
  readonly prefix: IpPrefix;
  /** The broadcast address of its subnet, in IPv4. */
  readonly broadcast: string | undefined;

  private constructor(prefix: IpPrefix) {
    this.prefix = prefix;
    this.text = prefix.ip.toString();
    this.broadcast = prefix.ip.family === 4 && prefix.length < 31
      ? prefix.last().toString()
      : undefined;
  }

  /**
   * Parses `"10.0.0.1"` or `"10.0.0.1/24"`. Without a length it is 8 in 10.0.0.0/8, 24 in
   * the rest of IPv4, and 64 in IPv6.
   *
   * @throws {SyntaxError} If the text is not an address.
   * @throws {RangeError} If no host can have the address.
   */
  static parse(text: string): HostAddress {
    if (typeof text !== "string") {
      throw new TypeError(
        `Cannot use address ${showValue(text)}: it must be a string`,
      );
    }
    const prefix = text.includes("/") ? IpPrefix.parse(text) : withLength(text);
    const { ip } = prefix;
    const isBroadcast = ip.family === 4 && ip.byteAt(0) >= 240;
    if (
      ip.isLoopback() || ip.isMulticast() || ip.isUnspecified() ||
      ip.isV4Mapped() || text.includes("%") || isBroadcast
    ) {
      throw new RangeError(
        `Cannot give a host the address ${text}: it must be a unicast address without a zone`,
      );
    }
    return new HostAddress(prefix);
  }
}

function withLength(text: string): IpPrefix {
  const ip = parseIpAddress(text);
  const length = ip.family === 6 ? 64 : ip.byteAt(0) === 10 ? 8 : 24;
  return new IpPrefix(ip, length);
}

/** The addresses of the n-th host, from 1: 10.0.0.n and fd00::n. */
export function defaultAddresses(n: number): [string, string] {
  return [
    `10.${n >> 16 & 255}.${n >> 8 & 255}.${n & 255}`,
    `fd00::${n > 0xffff ? `${(n >> 16).toString(16)}:` : ""}${
      (n & 0xffff).toString(16)
    }`,
  ];
}

/** Whether canonical text is an address that every host has. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Whether canonical text is the address of a multicast group. */
export function isMulticast(address: string): boolean {
  if (address.startsWith("ff")) return address.includes(":");
  const match = /^(22[4-9]|23\d)\./.exec(address);
  return match !== null;
}

/** The groups that every host is in: RFC 1112 and RFC 4291. */
export function isAllHosts(group: string): boolean {
  return group === "224.0.0.1" || group === "ff02::1" || group === "ff01::1";
}
