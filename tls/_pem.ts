import { checkType } from "../internal/check/mod.ts";
import { splitPem } from "./_split_pem.ts";
import type { CertificateKeyPair } from "./_transport.ts";

/** A block of RFC 7468: its label, and its Base64. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;
/** The labels of private keys: PKCS #8, PKCS #1, SEC 1. */
const KEY = /^(RSA |EC )?PRIVATE KEY$/;
/** Base64 of DER: "M" are the first six bits of a SEQUENCE. */
const DER = /^\s*M[A-Za-z0-9+/\s]+=?\s*=?\s*$/;

/** The labels of the blocks in a text, but those that are not Base64 of DER. */
function* labelsIn(text: string): Iterable<string> {
  for (const [, label, base64] of text.matchAll(BLOCK)) {
    if (DER.test(base64!)) yield label!;
  }
}

/** Whether a text has a block with such a label; stops at the first. */
function has(text: string, wanted: RegExp): boolean {
  for (const label of labelsIn(text)) if (wanted.test(label)) return true;
  return false;
}

/**
 * Refuses a text without a certificate in PEM. The APIs below ignore such text, and
 * would then trust, or send, less than the caller meant.
 *
 * @throws {TypeError} If it is no text, or holds no certificate.
 */
export function checkCertificate(name: string, pem: unknown): string {
  if (pem === undefined) {
    throw new TypeError(`Cannot start TLS: ${name} is missing`);
  }
  checkType(name, pem, "string");
  const text = pem as string;
  if (has(text, /^CERTIFICATE$/)) return text;
  throw new TypeError(`Cannot use ${name}: it holds no certificate in PEM`);
}

/**
 * Refuses a text without a private key in PEM.
 *
 * @throws {TypeError} If it is no text, or holds no key, or an encrypted one.
 */
export function checkKey(name: string, pem: unknown): string {
  if (pem === undefined) {
    throw new TypeError(`Cannot start TLS: ${name} is missing`);
  }
  checkType(name, pem, "string");
  const text = pem as string;
  if (has(text, KEY) && !/^Proc-Type: 4,ENCRYPTED/m.test(text)) return text;
  if (has(text, /^ENCRYPTED /) || /^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    throw new TypeError(
      `Cannot use ${name}: it is encrypted; decrypt it first`,
    );
  }
  throw new TypeError(`Cannot use ${name}: it holds no private key in PEM`);
}

/** The block of the key in a text that has one. */
function keyIn(text: string): string {
  const block = [...text.matchAll(BLOCK)].find(([, label]) => KEY.test(label!));
  return block![0];
}

/** Reads a certificate and its key once, and refuses one without the other. */
export function readPair(
  { cert, key }: { cert?: unknown; key?: unknown },
): CertificateKeyPair | undefined {
  if (cert === undefined && key === undefined) return undefined;
  // Files often hold both; not every API takes the certificates of such a text.
  return {
    cert: splitPem(checkCertificate("cert", cert)).join("\n"),
    key: keyIn(checkKey("key", key)),
  };
}

/** Reads a certificate and its key once, and refuses to go without. */
export function requirePair(given: unknown): CertificateKeyPair {
  const pair = typeof given === "object" && given !== null
    ? readPair(given)
    : undefined;
  if (pair !== undefined) return pair;
  throw new TypeError("Cannot use a certificate without cert and key");
}

/** Reads certificates of authorities once. */
export function readCaCerts(caCerts: unknown): string[] | undefined {
  if (caCerts === undefined) return undefined;
  if (!Array.isArray(caCerts)) {
    throw new TypeError("Cannot use caCerts: it must be an array of strings");
  }
  return Array.from(
    caCerts,
    (pem, i) => checkCertificate(`caCerts[${i}]`, pem),
  );
}
