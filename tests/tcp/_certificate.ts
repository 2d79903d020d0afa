/**
 * A self-signed certificate, made when it is needed: X.509 (RFC 5280) in DER
 * (X.690), signed with ECDSA on P-256 (RFC 5758).
 *
 * @module
 */

function tlv(tag: number, ...parts: (Uint8Array | number[])[]): Uint8Array {
  const content = concat(parts);
  const { length } = content;
  const head = length < 128
    ? [tag, length]
    : length < 256
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return concat([head, content]);
}

function concat(parts: (Uint8Array | number[])[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const ascii = (text: string) => new TextEncoder().encode(text);
const sequence = (...parts: (Uint8Array | number[])[]) => tlv(0x30, ...parts);
const time = (date: Date) =>
  tlv(
    0x17,
    ascii(date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, "") + "Z"),
  );

/** An unsigned INTEGER: no needless zeros in front, but one before a high bit. */
function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return tlv(0x02, trimmed[0]! >= 0x80 ? [0] : [], trimmed);
}

const ECDSA_WITH_SHA256 = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const COMMON_NAME = [0x06, 3, 0x55, 4, 3];
const SUBJECT_ALT_NAME = [0x06, 3, 0x55, 0x1d, 0x11];

function pem(label: string, der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der));
  const lines = base64.replaceAll(/.{64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** A certificate for a host name, valid for a day, and its private key. */
export async function makeCertificate(
  host: string,
): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]);
  const publicKey = new Uint8Array(
    await crypto.subtle.exportKey("spki", keys.publicKey),
  );
  const name = sequence(
    tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, ascii(host)))),
  );
  const day = 24 * 3600 * 1000;
  const alternative = sequence(tlv(0x82, ascii(host)));
  const body = sequence(
    tlv(0xa0, [0x02, 1, 2]), // version 3
    integer(crypto.getRandomValues(new Uint8Array(8))),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(
      time(new Date(Date.now() - day)),
      time(new Date(Date.now() + day)),
    ),
    name,
    publicKey,
    tlv(0xa3, sequence(sequence(SUBJECT_ALT_NAME, tlv(0x04, alternative)))),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign(algorithm, keys.privateKey, concat([body])),
  );
  const signed = sequence(
    integer(signature.subarray(0, 32)),
    integer(signature.subarray(32)),
  );
  const cert = sequence(
    body,
    sequence(ECDSA_WITH_SHA256),
    tlv(0x03, [0], signed),
  );
  const key = new Uint8Array(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
  );
  return { cert: pem("CERTIFICATE", cert), key: pem("PRIVATE KEY", key) };
}
