import { INSPECT } from "../internal/runtime/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import { IpAddress, tryParseIpAddress } from "./ip_address.ts";

/**
 * The addresses that begin with the same bits: a CIDR block, RFC 4632. A value
 * that never changes.
 *
 * @example Whether an address belongs to a network
 * ```ts
 * import { IpPrefix, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const network = IpPrefix.parse("192.0.2.0/24");
 * assertEquals(network.contains(parseIpAddress("192.0.2.77")), true);
 * assertEquals(network.contains(parseIpAddress("192.0.3.1")), false);
 * assertEquals(network.last().toString(), "192.0.2.255");
 * ```
 */
export class IpPrefix {
  /** The address, which may have bits beyond the prefix; see `masked`. */
  readonly ip: IpAddress;
  /** How many bits all addresses have in common: 0 to 32, or to 128. */
  readonly length: number;

  /**
   * Makes a prefix. A zone is dropped: a prefix is about bits alone.
   *
   * @throws {RangeError} When the length is out of range for the family.
   */
  constructor(ip: IpAddress, length: number) {
    const bits = ip.family === 4 ? 32 : 128;
    this.length = checkInteger("prefix length", length, 0, bits);
    this.ip = ip.zone === undefined ? ip : ip.withZone(undefined);
  }

  /**
   * Parses `192.0.2.0/24` or `2001:db8::/32`.
   *
   * @throws {SyntaxError} When the text is no address and length, or has a zone.
   *
   * @example Strictly
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * assertEquals(IpPrefix.parse("192.0.2.0/24").length, 24);
   * assertThrows(() => IpPrefix.parse("192.0.2.0/33"), SyntaxError);
   * assertThrows(() => IpPrefix.parse("192.0.2.0"), SyntaxError);
   * ```
   */
  static parse(text: string): IpPrefix {
    const match = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text);
    const ip = match === null ? undefined : tryParseIpAddress(match[1]!);
    const length = Number(match?.[2]);
    if (ip === undefined || length > (ip.family === 4 ? 32 : 128)) {
      throw new SyntaxError(
        `Cannot parse ${JSON.stringify(text)}: not an IP prefix`,
      );
    }
    return new IpPrefix(ip, length);
  }

  /** 4 or 6. */
  get family(): 4 | 6 {
    return this.ip.family;
  }

  /**
   * Whether the address begins with these bits; one of the other family never does.
   *
   * @example Who may connect
   * ```ts
   * import { IpPrefix, parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const allowed = ["192.0.2.0/24", "2001:db8::/32"].map(IpPrefix.parse);
   * const mayConnect = (text: string) =>
   *   allowed.some((prefix) => prefix.contains(parseIpAddress(text)));
   * assertEquals(mayConnect("192.0.2.77"), true);
   * assertEquals(mayConnect("2001:db9::1"), false);
   * ```
   */
  contains(ip: IpAddress): boolean {
    return ip.family === this.family &&
      commonPrefixLength(ip, this.ip) >= this.length;
  }

  /**
   * Whether any address is in both: then one contains the other.
   *
   * @example Two networks
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const network = IpPrefix.parse("10.0.0.0/8");
   * assertEquals(network.overlaps(IpPrefix.parse("10.1.0.0/16")), true);
   * assertEquals(network.overlaps(IpPrefix.parse("11.0.0.0/8")), false);
   * ```
   */
  overlaps(other: IpPrefix): boolean {
    return other.family === this.family &&
      commonPrefixLength(other.ip, this.ip) >=
        Math.min(this.length, other.length);
  }

  /**
   * The same prefix with all further bits 0.
   *
   * @example The network of a host
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(
   *   IpPrefix.parse("192.0.2.77/24").masked().toString(),
   *   "192.0.2.0/24",
   * );
   * ```
   */
  masked(): IpPrefix {
    return new IpPrefix(this.first(), this.length);
  }

  /**
   * The first address: for IPv4 the network's own.
   *
   * @example The network's own address
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(IpPrefix.parse("192.0.2.77/24").first().toString(), "192.0.2.0");
   * ```
   */
  first(): IpAddress {
    return this.#fill(0);
  }

  /**
   * The last address: for IPv4 the broadcast address.
   *
   * @example The broadcast address
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(IpPrefix.parse("192.0.2.77/24").last().toString(), "192.0.2.255");
   * ```
   */
  last(): IpAddress {
    return this.#fill(0xff);
  }

  #fill(filler: number): IpAddress {
    const bytes = this.ip.toBytes();
    for (let i = 0; i < bytes.length; i++) {
      const kept = Math.max(0, Math.min(8, this.length - i * 8));
      const mask = 0xff00 >> kept & 0xff;
      bytes[i] = bytes[i]! & mask | filler & ~mask;
    }
    return IpAddress.fromBytes(bytes);
  }

  /**
   * Whether both have the same address and length.
   *
   * @example Hosts of one network
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = ["192.0.2.1/24", "192.0.2.2/24"].map(IpPrefix.parse);
   * assertEquals(a!.equals(b!), false);
   * assertEquals(a!.masked().equals(b!.masked()), true);
   * ```
   */
  equals(other: IpPrefix): boolean {
    return this.compare(other) === 0;
  }

  /**
   * Less than 0, 0, or more: by address, then the shorter prefix first.
   *
   * @example In order
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const prefixes = ["10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/8"].map(
   *   IpPrefix.parse,
   * );
   * prefixes.sort((a, b) => a.compare(b));
   * assertEquals(prefixes.map(String), [
   *   "10.0.0.0/8",
   *   "10.0.0.0/16",
   *   "10.1.0.0/16",
   * ]);
   * ```
   */
  compare(other: IpPrefix): number {
    return this.ip.compare(other.ip) || this.length - other.length;
  }

  /**
   * The address, a slash, the length.
   *
   * @example There and back
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(IpPrefix.parse("2001:DB8::/32").toString(), "2001:db8::/32");
   * ```
   */
  toString(): string {
    return `${this.ip}/${this.length}`;
  }

  /**
   * The text, so that a prefix reads well in JSON.
   *
   * @example In JSON
   * ```ts
   * import { IpPrefix } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const rule = { allow: IpPrefix.parse("192.0.2.0/24") };
   * assertEquals(JSON.stringify(rule), '{"allow":"192.0.2.0/24"}');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }

  static { // how the console shows it
    Object.defineProperty(this.prototype, INSPECT, {
      value(this: IpPrefix) {
        return `IpPrefix(${this})`;
      },
    });
  }
}

/**
 * How many bits two addresses of one family have in common from the first on:
 * `CommonPrefixLen` of RFC 6724. 0 for addresses of two families.
 *
 * @example Two neighbours
 * ```ts
 * import { commonPrefixLength, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const length = commonPrefixLength(
 *   parseIpAddress("192.0.2.1"),
 *   parseIpAddress("192.0.2.2"),
 * );
 * assertEquals(length, 30);
 * ```
 */
export function commonPrefixLength(a: IpAddress, b: IpAddress): number {
  if (a.family !== b.family) return 0;
  const size = a.family === 4 ? 4 : 16;
  for (let i = 0; i < size; i++) {
    const difference = a.byteAt(i) ^ b.byteAt(i);
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return size * 8;
}
