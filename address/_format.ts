/** The canonical texts of addresses. */

/** Dotted decimal. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Whether the sixteen bytes are `::ffff:a.b.c.d`: RFC 4291 section 2.5.5.2. */
export function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/**
 * RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs
 * of two or more zero groups, and the IPv4 part of an IPv4-mapped address dotted;
 * that of an IPv4-compatible address (RFC 4291 section 2.5.5.1), too, as
 * `inet_ntop` writes it.
 */
export function formatIpv6(bytes: Uint8Array): string {
  if (isMapped(bytes)) return `::ffff:${formatIpv4(bytes, 12)}`;
  let [gap, gapLength] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && group(bytes, i + length) === 0) length++;
    if (length > gapLength) [gap, gapLength] = [i, length];
    i += length;
  }
  if (gap === 0 && gapLength === 6) return `::${formatIpv4(bytes, 12)}`;
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += "::";
      i += gapLength - 1;
      continue;
    }
    if (i > 0 && !text.endsWith(":")) text += ":";
    text += group(bytes, i).toString(16);
  }
  return text;
}

function group(bytes: Uint8Array, index: number): number {
  return bytes[index * 2]! << 8 | bytes[index * 2 + 1]!;
}
