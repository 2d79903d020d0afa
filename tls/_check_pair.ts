import { createPrivateKey, X509Certificate } from "node:crypto";
import type { CertificateKeyPair } from "./_transport.ts";

/**
 * Refuses a key that does not belong to its certificate. `node:tls` would report it in
 * each handshake only.
 *
 * @throws {TypeError} If it does not, or if one of both cannot be decoded.
 */
export function checkPair({ cert, key }: CertificateKeyPair): void {
  if (belongs(cert, key)) return;
  throw new TypeError("Cannot use key: it does not belong to cert");
}

function belongs(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    const { message } = cause as Error;
    throw new TypeError(`Cannot use cert and key: ${message}`, { cause });
  }
}
