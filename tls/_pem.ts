import { checkType } from "../internal/check/mod.ts";
import type { CertificateKeyPair } from "./_transport.ts";

/** A block of RFC 7468: its label, and its Base64. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;
/** The labels of private keys: PKCS #8, PKCS #1, SEC 1. */
const KEY = /^(RSA |EC )?PRIVATE KEY$/;
/** The first byte of a certificate or a key in DER: SEQUENCE. */
const SEQUENCE = 0x30;

/** Whether a block holds what may be DER. */
function isDer(base64: string): boolean {
  try {
    return atob(base64.replaceAll(/\s+/g, "")).charCodeAt(0) === SEQUENCE;
  } catch {
    return false;
  }
}

/** The labels of the blocks in a text, without those that are not Base64 of DER. */
function labelsIn(text: string): string[] {
  return [...text.matchAll(BLOCK)]
    .filter(([, , base64]) => isDer(base64!))
    .map(([, label]) => label!);
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
  if (labelsIn(text).includes("CERTIFICATE")) return text;
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
  const labels = labelsIn(text);
  if (
    labels.includes("ENCRYPTED PRIVATE KEY") ||
    /^Proc-Type: 4,ENCRYPTED/m.test(text)
  ) {
    throw new TypeError(
      `Cannot use ${name}: it is encrypted; decrypt it first`,
    );
  }
  if (labels.some((label) => KEY.test(label))) return text;
  throw new TypeError(`Cannot use ${name}: it holds no private key in PEM`);
}

/** Reads a certificate and its key once, and refuses one without the other. */
export function readPair(
  { cert, key }: { cert?: unknown; key?: unknown },
  prefix = "",
): CertificateKeyPair | undefined {
  if (cert === undefined && key === undefined) return undefined;
  return {
    cert: checkCertificate(`${prefix}cert`, cert),
    key: checkKey(`${prefix}key`, key),
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
