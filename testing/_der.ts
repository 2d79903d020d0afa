/**
 * Writes and reads DER (ITU-T X.690), as much of it as certificates need.
 *
 * @module
 */

/** Bytes, in either form that literals and computed values have. */
type Bytes = Uint8Array | readonly number[];

/** The tags of the universal types. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
const SET = 0x31;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** The value TRUE. */
export const TRUE: Uint8Array<ArrayBuffer> = element(BOOLEAN, [0xff]);

/** Joins byte strings. */
function concat(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The octets of a length: one below 128, otherwise their count and then they. */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

/** Writes a value with any tag. */
export function element(
  tag: number,
  ...parts: readonly Bytes[]
): Uint8Array<ArrayBuffer> {
  const content = concat(parts);
  return concat([[tag], lengthOctets(content.length), content]);
}

/** Writes a SEQUENCE. */
export function sequence(...parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, ...parts);
}

/** Writes a SET of one value. */
export function set(part: Bytes): Uint8Array<ArrayBuffer> {
  return element(SET, part);
}

/** Writes an unsigned INTEGER: no leading zeros, except before a high bit. */
export function integer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return element(INTEGER, digits[0]! >= 0x80 ? [0] : [], digits);
}

/** Writes a BIT STRING, the last `unused` bits of which do not count. */
export function bitString(bytes: Bytes, unused = 0): Uint8Array<ArrayBuffer> {
  return element(BIT_STRING, [unused], bytes);
}

/** Writes an OCTET STRING. */
export function octetString(bytes: Bytes): Uint8Array<ArrayBuffer> {
  return element(OCTET_STRING, bytes);
}

/** Writes a UTF8String. */
export function utf8String(text: string): Uint8Array<ArrayBuffer> {
  return element(UTF8_STRING, new TextEncoder().encode(text));
}

/** Writes an OBJECT IDENTIFIER, given as `"2.5.29.17"`. */
export function objectIdentifier(text: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let more = arc >>> 7; more > 0; more >>>= 7) {
      digits.unshift(0x80 | more & 0x7f);
    }
    return digits;
  });
  return element(OBJECT_IDENTIFIER, octets);
}

/** Writes a time, to the second: UTCTime in the years that it has (RFC 5280, 4.1.2.5). */
export function time(date: Date): Uint8Array<ArrayBuffer> {
  const year = date.getUTCFullYear();
  const digits = date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "");
  const isShort = year >= 1950 && year < 2050;
  return element(
    isShort ? UTC_TIME : GENERALIZED_TIME,
    new TextEncoder().encode(`${isShort ? digits.slice(2) : digits}Z`),
  );
}

/** A value that was read: all of its bytes, and its content. */
export interface Element {
  readonly whole: Uint8Array<ArrayBuffer>;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Reads the values that follow one another in `bytes`, without one that is cut short. */
export function elementsOf(bytes: Uint8Array<ArrayBuffer>): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    let start = at + 2;
    let length = bytes[at + 1] ?? Infinity;
    if (length > 0x80) {
      start += length & 0x7f;
      length = bytes.subarray(at + 2, start)
        .reduce((sum, octet) => sum * 256 + octet, 0);
    }
    const end = start + length;
    if (!(end <= bytes.length)) break;
    elements.push({
      whole: bytes.subarray(at, end),
      content: bytes.subarray(start, end),
    });
    at = end;
  }
  return elements;
}
