import { checkType } from "../internal/check/mod.ts";
import { elementsOf } from "./_der.ts";
import { KEY_KINDS } from "./_key_kind.ts";
import { parsePem } from "./_pem.ts";

/** What signing a certificate takes. */
export interface Issuer {
  /** Its name, in DER. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** What identifies its public key. */
  readonly keyId: Uint8Array<ArrayBuffer>;
  readonly privateKey: CryptoKey;
}

/**
 * Reads the PEM of an issuer.
 *
 * @throws {TypeError} If one of the two is not a string.
 * @throws {SyntaxError} If one of the two is malformed, or the key is of another kind.
 */
export async function issuerFrom(
  options: { readonly cert: string; readonly key: string },
): Promise<Issuer> {
  const { cert, key } = options;
  checkType("the issuer's cert", cert ?? null, "string");
  checkType("the issuer's key", key ?? null, "string");
  const { name, publicKey } = readCertificate(cert);
  const [keyId, privateKey] = [await keyIdOf(publicKey), await importKey(key)];
  if (keyId !== undefined) return { name, keyId, privateKey };
  throw notCertificate();
}

/** The subject and the public key of a certificate, both in DER. */
function readCertificate(
  pem: string,
): { name: Uint8Array<ArrayBuffer>; publicKey: Uint8Array<ArrayBuffer> } {
  const bytes = parsePem("CERTIFICATE", pem) ?? new Uint8Array();
  const [certificate] = elementsOf(bytes);
  const [body] = elementsOf(certificate?.content ?? bytes);
  // version, serial number, algorithm, issuer, validity, subject, public key
  const fields = elementsOf(body?.content ?? bytes);
  const [name, publicKey] = fields.slice(5);
  if (name !== undefined && publicKey !== undefined) {
    return { name: name.whole, publicKey: publicKey.whole };
  }
  throw notCertificate();
}

function notCertificate(): SyntaxError {
  return new SyntaxError(
    "Cannot use the issuer's cert: it must be a certificate in PEM",
  );
}

async function importKey(pem: string): Promise<CryptoKey> {
  const bytes = parsePem("PRIVATE KEY", pem) ?? new Uint8Array();
  let cause: unknown;
  for (const { algorithm } of KEY_KINDS) {
    try {
      const { subtle } = crypto;
      return await subtle.importKey("pkcs8", bytes, algorithm, false, ["sign"]);
    } catch (error) {
      cause ??= error;
    }
  }
  throw new SyntaxError(
    "Cannot use the issuer's key: it must be an ECDSA key on P-256, or an Ed25519 key, in PEM",
    { cause },
  );
}

/**
 * Returns SHA-1 of the key's bits (RFC 5280, section 4.2.1.2, method 1), or undefined
 * if the bytes are no public key.
 */
export async function keyIdOf(
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const [info] = elementsOf(publicKey);
  const [, bits] = info === undefined ? [] : elementsOf(info.content);
  if (bits === undefined) return undefined;
  const key = bits.content.subarray(1); // after the count of unused bits
  return new Uint8Array(await crypto.subtle.digest("SHA-1", key));
}
