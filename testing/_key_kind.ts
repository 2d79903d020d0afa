import { integer, objectIdentifier, sequence } from "./_der.ts";
import { currentScope } from "./_sim/time/scope.ts";

/** A kind of key that signs certificates. */
export interface KeyKind {
  /** Its name and parameters in Web Crypto. */
  readonly algorithm: EcKeyGenParams & EcdsaParams;
  /** The algorithm of its signatures, in DER. */
  readonly signatureAlgorithm: Uint8Array<ArrayBuffer>;
  /** Puts a signature of Web Crypto into the form of a certificate. */
  encode(signature: ArrayBuffer): Uint8Array<ArrayBuffer>;
}

/** ECDSA on the curve P-256 (FIPS 186-4), with SHA-256 (RFC 5758, section 3.2). */
const ECDSA: KeyKind = {
  algorithm: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  signatureAlgorithm: sequence(objectIdentifier("1.2.840.10045.4.3.2")),
  encode(signature) {
    // RFC 3279, section 2.2.3: a SEQUENCE of r and s.
    const half = signature.byteLength / 2;
    return sequence(
      integer(new Uint8Array(signature, 0, half)),
      integer(new Uint8Array(signature, half)),
    );
  },
};

/** Ed25519 (RFC 8410): every signature has the same size. */
const ED25519: KeyKind = {
  algorithm: { name: "Ed25519", namedCurve: "", hash: "" },
  signatureAlgorithm: sequence(objectIdentifier("1.3.101.112")),
  encode: (signature) => new Uint8Array(signature),
};

/** The kinds of keys that an issuer can have. */
export const KEY_KINDS: readonly KeyKind[] = [ECDSA, ED25519];

/**
 * Returns the kind of new keys: ECDSA, which all TLS implementations know. In a
 * simulation it is Ed25519: signatures of ECDSA have 70 to 72 bytes, so that packets of
 * a handshake would differ from run to run.
 */
export function newKeyKind(): KeyKind {
  return currentScope() === undefined ? ECDSA : ED25519;
}

/** Returns the kind of a key. */
export function kindOf(key: CryptoKey): KeyKind {
  return key.algorithm.name === ED25519.algorithm.name ? ED25519 : ECDSA;
}
