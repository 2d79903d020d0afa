import { IpAddress, tryParseIpAddress } from "./ip_address.ts";

/**
 * The name under which the DNS keeps the names of an address: RFC 1035 section
 * 3.5 and RFC 3596 section 2.5.
 *
 * @example Both families
 * ```ts
 * import { parseIpAddress, reverseName } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   reverseName(parseIpAddress("192.0.2.1")),
 *   "1.2.0.192.in-addr.arpa",
 * );
 * ```
 */
export function reverseName(ip: IpAddress): string {
  const bytes = [...ip.toBytes()].reverse();
  if (ip.family === 4) return `${bytes.join(".")}.in-addr.arpa`;
  const nibbles = bytes.map((byte) =>
    `${(byte & 15).toString(16)}.${(byte >> 4).toString(16)}`
  );
  return `${nibbles.join(".")}.ip6.arpa`;
}

/**
 * The address that such a name stands for; undefined for any other name.
 *
 * @example There and back
 * ```ts
 * import { addressOfReverseName } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const ip = addressOfReverseName("1.2.0.192.in-addr.arpa");
 * assertEquals(String(ip), "192.0.2.1");
 * ```
 */
export function addressOfReverseName(name: string): IpAddress | undefined {
  const lower = name.toLowerCase().replace(/\.$/, "");
  const v4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(lower);
  if (v4 !== null) {
    return tryParseIpAddress(v4[1]!.split(".").slice(0, 4).reverse().join("."));
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(lower);
  if (v6 === null) return undefined;
  const digits = v6[1]!.replaceAll(".", "");
  return IpAddress.fromBytes(
    Uint8Array.from({ length: 16 }, (_, i) => {
      const at = 30 - i * 2;
      return parseInt(digits[at + 1]! + digits[at]!, 16);
    }),
  );
}
