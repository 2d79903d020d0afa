import { INSPECT } from "../internal/runtime/mod.ts";
import { formatIpv4, formatIpv6, isMapped } from "./_format.ts";
import { isZone, scanIpv4, scanIpv6 } from "./_scan.ts";

/**
 * An IPv4 or IPv6 address: a value that never changes.
 *
 * Made by {@linkcode parseIpAddress} from text, or by
 * {@linkcode IpAddress.fromBytes} from the bytes on the wire.
 *
 * @example The bytes and the text of an address
 * ```ts
 * import { IpAddress, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const ip = parseIpAddress("2001:DB8:0:0:0:0:0:1");
 * assertEquals(ip.family, 6);
 * assertEquals(ip.toString(), "2001:db8::1");
 * assertEquals(IpAddress.fromBytes(ip.toBytes()).equals(ip), true);
 * ```
 */
export class IpAddress {
  readonly #bytes: Uint8Array;
  /** 4 or 6. */
  readonly family: 4 | 6;
  /**
   * The zone of an IPv6 address (RFC 4007): the name or the index of the
   * interface on which it is reached, such as `"eth0"`.
   */
  readonly zone: string | undefined;

  private constructor(bytes: Uint8Array, zone: string | undefined) {
    this.#bytes = bytes;
    this.family = bytes.length === 4 ? 4 : 6;
    this.zone = zone;
    Object.freeze(this); // several callers of the resolver get the same address
  }

  /**
   * The address with these 4 or 16 bytes, in network byte order; the bytes are
   * copied.
   *
   * @throws {TypeError} If `bytes` is no `Uint8Array`.
   * @throws {RangeError} If there are neither 4 nor 16 bytes.
   * @throws {SyntaxError} If the zone is malformed, or the address is one
   * that has no zones: IPv4, or IPv4-mapped.
   *
   * @example From a packet
   * ```ts
   * import { IpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = IpAddress.fromBytes(new Uint8Array([192, 0, 2, 1]));
   * assertEquals(ip.toString(), "192.0.2.1");
   * ```
   */
  static fromBytes(bytes: Uint8Array, zone?: string): IpAddress {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(
        "Cannot make an IP address: its bytes must be a Uint8Array",
      );
    }
    const own = new Uint8Array(bytes); // `slice` of a Buffer is a view
    if (own.length !== 4 && own.length !== 16) {
      throw new RangeError(
        `Cannot make an IP address of ${own.length} bytes: 4 or 16 are needed`,
      );
    }
    if (zone !== undefined) {
      if (own.length === 4 || isMapped(own) || !isZone(zone, 0, zone.length)) {
        throw new SyntaxError(
          `Cannot make an IP address with the zone ${JSON.stringify(zone)}`,
        );
      }
    }
    return new IpAddress(own, zone);
  }

  /**
   * A copy of its 4 or 16 bytes, in network byte order.
   *
   * @example To a packet
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = parseIpAddress("192.0.2.1");
   * assertEquals(ip.toBytes(), new Uint8Array([192, 0, 2, 1]));
   * ```
   */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /**
   * The byte at an index, or 0 past the end; spares the copy of `toBytes`.
   *
   * @example The first byte
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseIpAddress("192.0.2.1").byteAt(0), 192);
   * ```
   */
  byteAt(index: number): number {
    return this.#bytes[index] ?? 0;
  }

  /**
   * Whether it is an IPv4-mapped IPv6 address, `::ffff:a.b.c.d`.
   *
   * @example What a dual-stack socket may report
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseIpAddress("::ffff:192.0.2.1").isV4Mapped(), true);
   * assertEquals(parseIpAddress("192.0.2.1").isV4Mapped(), false);
   * ```
   */
  isV4Mapped(): boolean {
    return this.family === 6 && isMapped(this.#bytes);
  }

  /**
   * The IPv4 address inside an IPv4-mapped one; any other address itself.
   *
   * @example IPv4 again
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = parseIpAddress("::ffff:192.0.2.1");
   * assertEquals(ip.unmap().toString(), "192.0.2.1");
   * assertEquals(parseIpAddress("::1").unmap().toString(), "::1");
   * ```
   */
  unmap(): IpAddress {
    return this.isV4Mapped()
      ? new IpAddress(this.#bytes.slice(12), undefined)
      : this;
  }

  /**
   * `::ffff:a.b.c.d` for an IPv4 address; an IPv6 address itself.
   *
   * @example For a socket of IPv6
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = parseIpAddress("192.0.2.1");
   * assertEquals(ip.toV4Mapped().toString(), "::ffff:192.0.2.1");
   * ```
   */
  toV4Mapped(): IpAddress {
    if (this.family === 6) return this;
    const bytes = new Uint8Array(16);
    bytes[10] = bytes[11] = 0xff;
    bytes.set(this.#bytes, 12);
    return new IpAddress(bytes, undefined);
  }

  /**
   * The same address in another zone, or in none.
   *
   * @throws {SyntaxError} When the zone is malformed, or the address has no
   * zones.
   *
   * @example On an interface
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = parseIpAddress("fe80::1");
   * assertEquals(ip.withZone("eth0").toString(), "fe80::1%eth0");
   * assertEquals(ip.withZone("eth0").withZone(undefined).equals(ip), true);
   * ```
   */
  withZone(zone: string | undefined): IpAddress {
    return IpAddress.fromBytes(this.#bytes, zone);
  }

  /** Where its IPv4 address begins, IPv4-mapped or not; -1 if it has none. */
  #v4At(): number {
    return this.family === 4 ? 0 : isMapped(this.#bytes) ? 12 : -1;
  }

  /**
   * Whether it is `0.0.0.0` (also IPv4-mapped) or `::`, C's `INADDR_ANY` and
   * `in6addr_any`.
   *
   * @example What a server binds to
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseIpAddress("::").isUnspecified(), true);
   * assertEquals(parseIpAddress("0.0.0.0").isUnspecified(), true);
   * assertEquals(parseIpAddress("::1").isUnspecified(), false);
   * ```
   */
  isUnspecified(): boolean {
    const at = Math.max(this.#v4At(), 0);
    return this.#bytes.every((byte, i) => byte === 0 || i < at);
  }

  /**
   * Whether it is in `127.0.0.0/8` (also IPv4-mapped) or is `::1`.
   *
   * @example This host
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const texts = ["127.0.0.1", "127.1.2.3", "::1", "192.0.2.1"];
   * const loopback = texts.filter((text) => parseIpAddress(text).isLoopback());
   * assertEquals(loopback, ["127.0.0.1", "127.1.2.3", "::1"]);
   * ```
   */
  isLoopback(): boolean {
    const at = this.#v4At();
    if (at >= 0) return this.byteAt(at) === 127;
    return this.byteAt(15) === 1 &&
      this.#bytes.every((byte, i) => byte === 0 || i === 15);
  }

  /**
   * Whether it is in `224.0.0.0/4` (RFC 5771, also IPv4-mapped) or `ff00::/8`
   * (RFC 4291).
   *
   * @example Groups
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseIpAddress("224.0.0.251").isMulticast(), true);
   * assertEquals(parseIpAddress("ff02::fb").isMulticast(), true);
   * assertEquals(parseIpAddress("192.0.2.1").isMulticast(), false);
   * ```
   */
  isMulticast(): boolean {
    const at = this.#v4At();
    return at >= 0 ? this.byteAt(at) >> 4 === 0xe : this.byteAt(0) === 0xff;
  }

  /**
   * Whether it is in `169.254.0.0/16` (RFC 3927, also IPv4-mapped) or
   * `fe80::/10` (RFC 4291).
   *
   * @example Addresses that need a zone
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseIpAddress("fe80::1%eth0").isLinkLocal(), true);
   * assertEquals(parseIpAddress("169.254.0.1").isLinkLocal(), true);
   * assertEquals(parseIpAddress("fc00::1").isLinkLocal(), false);
   * ```
   */
  isLinkLocal(): boolean {
    const at = this.#v4At();
    return at >= 0
      ? this.byteAt(at) === 169 && this.byteAt(at + 1) === 254
      : this.byteAt(0) === 0xfe && this.byteAt(1) >> 6 === 0b10;
  }

  /**
   * Whether both are the same address in the same zone.
   *
   * @example Two texts, one address
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ip = parseIpAddress("2001:db8::1");
   * assertEquals(ip.equals(parseIpAddress("2001:DB8:0:0:0:0:0:1")), true);
   * assertEquals(ip.equals(parseIpAddress("2001:db8::2")), false);
   * ```
   */
  equals(other: IpAddress): boolean {
    return this.compare(other) === 0;
  }

  /**
   * Less than 0, 0, or more: IPv4 before IPv6, then by bytes, then by zone.
   *
   * @example In order
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const ips = ["::1", "192.0.2.10", "192.0.2.9"].map(parseIpAddress);
   * ips.sort((a, b) => a.compare(b));
   * assertEquals(ips.map(String), ["192.0.2.9", "192.0.2.10", "::1"]);
   * ```
   */
  compare(other: IpAddress): number {
    if (this.family !== other.family) return this.family - other.family;
    for (let i = 0; i < this.#bytes.length; i++) {
      const difference = this.byteAt(i) - other.byteAt(i);
      if (difference !== 0) return difference;
    }
    const [a, b] = [this.zone ?? "", other.zone ?? ""];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /**
   * Its canonical text: dotted decimal, or RFC 5952 with the zone.
   *
   * @example As RFC 5952 has it
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(
   *   String(parseIpAddress("2001:DB8:0:0:1:0:0:1")),
   *   "2001:db8::1:0:0:1",
   * );
   * ```
   */
  toString(): string {
    if (this.family === 4) return formatIpv4(this.#bytes, 0);
    const text = formatIpv6(this.#bytes);
    return this.zone === undefined ? text : `${text}%${this.zone}`;
  }

  /**
   * The text, so that an address reads well in JSON.
   *
   * @example In JSON
   * ```ts
   * import { parseIpAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const peer = { ip: parseIpAddress("::1") };
   * assertEquals(JSON.stringify(peer), '{"ip":"::1"}');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }

  static { // how the console shows it; private fields would show nothing
    Object.defineProperty(this.prototype, INSPECT, {
      value(this: IpAddress) {
        return `IpAddress(${this})`;
      },
    });
  }
}

const scratch = new Uint8Array(16);

/** How many bytes of `scratch` a text fills: 4, 16, or 0 where it is no address. */
function scan(text: string): 0 | 4 | 16 {
  const end = text.length;
  if (scanIpv4(text, 0, end, scratch, 0)) return 4;
  const percent = text.indexOf("%");
  if (percent < 0) return scanIpv6(text, 0, end, scratch) ? 16 : 0;
  return scanIpv6(text, 0, percent, scratch) && !isMapped(scratch) &&
      isZone(text, percent + 1, end)
    ? 16
    : 0;
}

/**
 * Parses an address, or returns undefined where the text is none.
 *
 * @example Text that may be a name
 * ```ts
 * import { tryParseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseIpAddress("::1")?.family, 6);
 * assertEquals(tryParseIpAddress("localhost"), undefined);
 * ```
 */
export function tryParseIpAddress(text: string): IpAddress | undefined {
  const length = scan(text);
  if (length === 0) return undefined;
  const percent = length === 16 ? text.indexOf("%") : -1;
  return IpAddress.fromBytes(
    scratch.subarray(0, length),
    percent < 0 ? undefined : text.slice(percent + 1),
  );
}

/**
 * Parses an IPv4 address (dotted decimal) or an IPv6 address (RFC 4291, with a
 * zone or without), as strictly as `inet_pton`: four parts, no octal, no
 * hexadecimal, nothing before or after.
 *
 * @throws {SyntaxError} When the text is no address.
 *
 * @example What is an address and what is not
 * ```ts
 * import { parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseIpAddress("fe80::1%eth0").zone, "eth0");
 * assertThrows(() => parseIpAddress("127.1"), SyntaxError);
 * assertThrows(() => parseIpAddress("0177.0.0.1"), SyntaxError);
 * ```
 */
export function parseIpAddress(text: string): IpAddress {
  const ip = tryParseIpAddress(text);
  if (ip === undefined) {
    throw new SyntaxError(
      `Cannot parse ${JSON.stringify(text)}: not an IP address`,
    );
  }
  return ip;
}

/**
 * Whether the text is an IP address; makes no object of it.
 *
 * @example A check
 * ```ts
 * import { isIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isIpAddress("192.0.2.1"), true);
 * assertEquals(isIpAddress("192.0.2.256"), false);
 * ```
 */
export function isIpAddress(text: string): boolean {
  return scan(text) !== 0;
}

/**
 * The canonical text of an address, as C's `inet_ntop` gives it.
 *
 * @example RFC 5952
 * ```ts
 * import { formatIpAddress, parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const ip = parseIpAddress("2001:0db8:0:0:1:0:0:1");
 * assertEquals(formatIpAddress(ip), "2001:db8::1:0:0:1");
 * ```
 */
export function formatIpAddress(ip: IpAddress): string {
  return ip.toString();
}
