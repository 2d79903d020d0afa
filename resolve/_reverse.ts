import type { IpAddress } from "../address/mod.ts";

/** The name under which the DNS keeps the names of an address: RFC 1035 section 3.5, RFC 3596 section 2.5. */
export function reverseName(ip: IpAddress): string {
  const bytes = [...ip.toBytes()].reverse();
  if (ip.family === 4) return `${bytes.join(".")}.in-addr.arpa`;
  const nibbles = bytes.map((byte) =>
    `${(byte & 15).toString(16)}.${(byte >> 4).toString(16)}`
  );
  return `${nibbles.join(".")}.ip6.arpa`;
}
