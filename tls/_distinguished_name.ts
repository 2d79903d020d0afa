import { type Element, malformed, readElements } from "./_der.ts";

/** The short names of attributes (RFC 4514, section 3), by their identifiers. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.4": "SN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.12": "title",
  "2.5.4.42": "GN",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

const BMP_STRING = 0x1e;
const UTF8_STRING = 0x0c;

const utf8 = new TextDecoder();
const utf16 = new TextDecoder("utf-16be");

/** Reads a name of X.509: a sequence of sets of attributes. */
export function readDistinguishedName(
  name: Element,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const { content: set } of readElements(name.content)) {
    for (const { content: attribute } of readElements(set)) {
      const [type, value] = readElements(attribute);
      if (type === undefined || value === undefined) throw malformed();
      const id = dotted(type.content);
      const key = ATTRIBUTES[id] ?? id;
      const text = textOf(value);
      const before = values[key];
      values[key] = before === undefined ? text : `${before}, ${text}`;
    }
  }
  return values;
}

function textOf({ tag, content }: Element): string {
  if (tag === BMP_STRING) return utf16.decode(content);
  return tag === UTF8_STRING
    ? utf8.decode(content)
    : String.fromCharCode(...content);
}

/** An OBJECT IDENTIFIER as it is written. */
function dotted(content: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join(".");
}
