/**
 * What the checks of a certificate need of its bytes: X.509 (RFC 5280) in DER
 * (X.690). Malformed bytes throw a `RangeError`.
 */

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** Identifiers of extensions: subjectAltName 2.5.29.17, extKeyUsage 2.5.29.37. */
const SUBJECT_ALT_NAME = "6,3,85,29,17";
const EXTENDED_KEY_USAGE = "6,3,85,29,37";
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
/** The names of a subject (RFC 5280, section 4.2.1.6). */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** One element: its tag, its content, and all of its bytes. */
export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** The names that a certificate is for. */
export interface SubjectAltNames {
  /** The DNS names, such as `*.example.com`, as they are written. */
  readonly dnsNames: readonly string[];
  /** The IP addresses, of 4 or 16 bytes. */
  readonly ipAddresses: readonly Uint8Array[];
}

/** Reads the element at the start of `bytes`. */
function readElement(bytes: Uint8Array): Element {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw malformed();
  let length = first;
  let start = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3 || bytes.length < 2 + count) throw malformed();
    length = 0;
    for (; start < 2 + count; start++) length = length * 256 + bytes[start]!;
  }
  const end = start + length;
  if (end > bytes.length) throw malformed();
  return {
    tag,
    content: bytes.subarray(start, end),
    whole: bytes.subarray(0, end),
  };
}

/** The error of bytes that are no certificate. */
export function malformed(): RangeError {
  return new RangeError("Cannot read a certificate: its DER is malformed");
}

/** Returns the elements that `content` consists of. */
export function readElements(content: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let rest = content; rest.length > 0;) {
    const element = readElement(rest);
    elements.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return elements;
}

/** The fields of the part that is signed. */
function fieldsOf(certificate: Uint8Array): Element[] {
  const outer = readElement(certificate);
  const inner = readElement(outer.content);
  if (outer.tag !== SEQUENCE || inner.tag !== SEQUENCE) throw malformed();
  return readElements(inner.content);
}

/** The fields of a certificate about its subject. */
export interface IdentityFields {
  /** The number that the issuer gave it. */
  readonly serialNumber: Uint8Array;
  /** The name of its issuer. */
  readonly issuer: Element;
  /** The times from and to which it is valid. */
  readonly validity: readonly [from: Element, to: Element];
  /** The name of its subject. */
  readonly subject: Element;
}

/** Returns those fields of a certificate in DER. */
export function identityOf(certificate: Uint8Array): IdentityFields {
  const fields = fieldsOf(certificate);
  if (fields[0]?.tag === VERSION) fields.shift();
  const [serial, _algorithm, issuer, period, subject] = fields;
  if (!serial || !issuer || !period || !subject) throw malformed();
  const [from, to] = readElements(period.content);
  if (from === undefined || to === undefined) throw malformed();
  const { content: serialNumber } = serial;
  return { serialNumber, issuer, validity: [from, to], subject };
}

/** Returns the version of a certificate in DER: 1 to 3. */
export function versionOf(certificate: Uint8Array): number {
  const [first] = fieldsOf(certificate);
  if (first?.tag !== VERSION) return 1;
  return 1 + (readElement(first.content).content.at(-1) ?? 0);
}

/** Returns the names of a certificate in DER; none if it has no such extension. */
export function subjectAltNamesOf(certificate: Uint8Array): SubjectAltNames {
  const dnsNames: string[] = [];
  const ipAddresses: Uint8Array[] = [];
  for (const { tag, content } of extensionOf(certificate, SUBJECT_ALT_NAME)) {
    if (tag === DNS_NAME) dnsNames.push(String.fromCharCode(...content));
    else if (tag === IP_ADDRESS) ipAddresses.push(new Uint8Array(content));
  }
  return { dnsNames, ipAddresses };
}

/**
 * Returns what a certificate in DER may be used for, each purpose as the last number
 * of its identifier below 1.3.6.1.5.5.7.3; undefined if for all.
 */
export function purposesOf(certificate: Uint8Array): number[] | undefined {
  const purposes = extensionOf(certificate, EXTENDED_KEY_USAGE);
  return purposes.length === 0
    ? undefined
    : purposes.map(({ content }) => content.at(-1) ?? 0);
}

/** The elements of the sequence that an extension is; none if there is none. */
function extensionOf(certificate: Uint8Array, wanted: string): Element[] {
  const field = fieldsOf(certificate).find(({ tag }) => tag === EXTENSIONS);
  if (field === undefined) return [];
  for (const { content } of readElements(readElement(field.content).content)) {
    const [id, ...rest] = readElements(content);
    const value = rest.at(-1);
    if (
      id?.tag === OBJECT_IDENTIFIER && id.whole.join() === wanted &&
      value?.tag === OCTET_STRING
    ) {
      return readElements(readElement(value.content).content);
    }
  }
  return [];
}
