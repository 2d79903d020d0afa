/**
 * Scanners of addresses in text. They write bytes into a buffer of the caller's
 * and return whether all of `text[start, end)` was an address; they allocate
 * nothing, so that checking a text costs no garbage.
 */

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/**
 * Four decimal numbers with three dots, as `inet_pton` has them: no leading
 * zeros (which `inet_aton` takes for octal), no hexadecimal, no missing part.
 */
export function scanIpv4(
  text: string,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): boolean {
  if (end - start < 7 || end - start > 15) return false;
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const char = text.charCodeAt(i);
    if (char === DOT) {
      if (digits === 0 || part === 3) return false;
      out[at + part++] = value;
      value = digits = 0;
      continue;
    }
    const digit = char - ZERO;
    if (digit < 0 || digit > 9) return false;
    if (digits > 0 && value === 0) return false; // a leading zero
    value = value * 10 + digit;
    if (value > 255) return false;
    digits++;
  }
  if (part !== 3 || digits === 0) return false;
  out[at + 3] = value;
  return true;
}

/** The value of a hexadecimal digit, or -1. */
function hexValue(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const lower = char | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * The text forms of RFC 4291 section 2.2: groups of one to four hexadecimal
 * digits, at most one `::`, the last two groups perhaps as an IPv4 address.
 */
export function scanIpv6(
  text: string,
  start: number,
  end: number,
  out: Uint8Array,
): boolean {
  if (end - start < 2 || end - start > 45) return false;
  let at = 0; // bytes written
  let gap = -1; // where `::` stood
  let i = start;
  if (text.charCodeAt(i) === COLON) {
    if (text.charCodeAt(i + 1) !== COLON) return false;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    if (at === 16) return false;
    const group = i;
    let value = 0;
    let digits = 0;
    for (; i < end && digits < 5; i++, digits++) {
      const digit = hexValue(text.charCodeAt(i));
      if (digit < 0) break;
      value = value << 4 | digit;
    }
    if (i < end && text.charCodeAt(i) === DOT) {
      if (at > 12 || !scanIpv4(text, group, end, out, at)) return false;
      at += 4;
      break;
    }
    if (digits === 0 || digits > 4) return false;
    out[at++] = value >> 8;
    out[at++] = value & 0xff;
    if (i === end) break;
    if (text.charCodeAt(i) !== COLON) return false;
    i++;
    if (i === end) return false; // ends in a single colon
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return false;
      gap = at;
      i++;
    }
  }
  if (gap < 0) return at === 16;
  if (at === 16) return false; // `::` stands for at least one group
  out.copyWithin(16 - (at - gap), gap, at);
  out.fill(0, gap, 16 - (at - gap));
  return true;
}

/** What an interface may be called after `%`: RFC 4007 section 11.2. */
export function isZone(text: string, start: number, end: number): boolean {
  if (end - start < 1 || end - start > 64) return false;
  for (let i = start; i < end; i++) {
    const char = text.charCodeAt(i);
    // No space, control character, `%`, `/`, `[`, `]` or anything beyond ASCII.
    if (
      char <= 0x20 || char >= 0x7f || char === 0x25 || char === 0x2f ||
      char === 0x5b || char === 0x5d
    ) return false;
  }
  return true;
}
