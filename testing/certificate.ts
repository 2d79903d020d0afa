import type { CertificateOptions } from "./_certificate_options.ts";
import {
  bitString,
  element,
  integer,
  objectIdentifier,
  sequence,
  set,
  time,
  utf8String,
} from "./_der.ts";
import { extensionsOf } from "./_extensions.ts";
import { type Issuer, issuerFrom, keyIdOf } from "./_issuer.ts";
import { kindOf, newKeyKind } from "./_key_kind.ts";
import { formatPem } from "./_pem.ts";
import { subjectOf } from "./_subject.ts";

const COMMON_NAME = objectIdentifier("2.5.4.3");
const VERSION_3 = element(0xa0, integer(Uint8Array.of(2)));
const EXTENSIONS = 0xa3;

/** A certificate with its private key, made by {@linkcode makeCertificate}. */
export interface TestCertificate {
  /** The certificate in PEM. */
  readonly cert: string;
  /** The private key in PEM (PKCS #8). */
  readonly key: string;
  /** The bytes of the certificate (DER). */
  readonly raw: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a certificate (X.509 v3, RFC 5280) with a new ECDSA key on P-256, for tests.
 * Inside of `simulate()` the key is an Ed25519 key, whose signatures all have one size:
 * then each run with one seed sends the same packets.
 *
 * It needs no permission and no program. TLS implementations accept the certificate,
 * if the tests trust its issuer: pass the issuer's `cert` as `caCerts`. For a chain
 * of more than two, append the intermediate certificates to the `cert` that the
 * server presents.
 *
 * Do not use the certificates outside tests: the keys can be exported, and nothing
 * can revoke them.
 *
 * @throws {TypeError} If an option is not of its type.
 * @throws {RangeError} If `commonName` is empty or too long, or the validity ends
 * before it begins or has dates outside of the years 0 to 9999.
 * @throws {SyntaxError} If a name or an address is malformed, or `issuer` is not
 * PEM with a key of this kind.
 *
 * @example A server whose certificate an authority of the test signed
 * ```ts
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await makeCertificate({ isAuthority: true });
 * const { cert, key } = await makeCertificate({ issuer: authority });
 *
 * using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
 * const { port } = listener.addr;
 * const [client, server] = await Promise.all([
 *   Deno.connectTls({ hostname: "localhost", port, caCerts: [authority.cert] }),
 *   listener.accept().then(async (conn) => {
 *     await conn.handshake();
 *     return conn;
 *   }),
 * ]);
 * await server.write(new TextEncoder().encode("hello"));
 * const buffer = new Uint8Array(5);
 * assertEquals(await client.read(buffer), 5);
 * client.close();
 * server.close();
 * ```
 *
 * @example A client certificate that has expired
 * ```ts
 * import { makeCertificate } from "@berkeley/sockets/testing";
 * import { assertMatch } from "@std/assert";
 *
 * const { cert } = await makeCertificate({
 *   commonName: "old device",
 *   usage: "client",
 *   validTo: new Date("2020-01-01T00:00:00Z"),
 * });
 * assertMatch(cert, /^-----BEGIN CERTIFICATE-----\n/);
 * ```
 */
export async function makeCertificate(
  options: CertificateOptions = {},
): Promise<TestCertificate> {
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = serial[0]! & 0x7f | 0x40; // positive, and of 16 bytes
  const subject = subjectOf(options, hexOf(serial.subarray(0, 4)));
  const { issuer: issuerOptions } = options;
  const issuer = issuerOptions && await issuerFrom(issuerOptions);

  const keys = await crypto.subtle.generateKey(
    newKeyKind().algorithm,
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const publicKey = await exportKey("spki", keys.publicKey);
  const self: Issuer = {
    name: nameOf(subject.commonName),
    keyId: (await keyIdOf(publicKey))!,
    privateKey: keys.privateKey,
  };
  const { name, keyId, privateKey } = issuer ?? self;
  const { signatureAlgorithm } = kindOf(privateKey);

  const body = sequence(
    VERSION_3,
    integer(serial),
    signatureAlgorithm,
    name,
    sequence(time(subject.validFrom), time(subject.validTo)),
    self.name,
    publicKey,
    element(EXTENSIONS, extensionsOf(subject, self.keyId, keyId)),
  );
  const signature = bitString(await sign(privateKey, body));
  const raw = sequence(body, signatureAlgorithm, signature);
  return {
    cert: formatPem("CERTIFICATE", raw),
    key: formatPem("PRIVATE KEY", await exportKey("pkcs8", keys.privateKey)),
    raw,
  };
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function exportKey(
  format: "spki" | "pkcs8",
  key: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.exportKey(format, key));
}

/** A distinguished name that consists of a common name only. */
function nameOf(commonName: string): Uint8Array<ArrayBuffer> {
  return sequence(set(sequence(COMMON_NAME, utf8String(commonName))));
}

/** Signs, in the form that certificates have. */
async function sign(
  key: CryptoKey,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { algorithm, encode } = kindOf(key);
  return encode(await crypto.subtle.sign(algorithm, key, bytes));
}
