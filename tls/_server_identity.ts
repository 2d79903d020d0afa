import { X509Certificate } from "node:crypto";
import { isIpAddress, parseIpAddress } from "../address/mod.ts";
import { subjectAltNamesOf, versionOf } from "./_der.ts";
import { refusal } from "./_explain.ts";
import { matchesHostName } from "./_host_name.ts";

/** How many signatures are checked for one chain. */
const MAX_SIGNATURES = 50;

/** Throws if the certificate is not one of this host. */
export function checkName(host: string, raw: Uint8Array): void {
  const { dnsNames, ipAddresses } = subjectAltNamesOf(raw);
  const isIp = isIpAddress(host);
  const isFound = isIp
    ? ipAddresses.some((bytes) => isSame(bytes, host))
    : dnsNames.some((name) => matchesHostName(name, host));
  if (!isFound) {
    throw refusal("ECERTNAME", `the certificate is not for ${host}`);
  }
}

function isSame(bytes: Uint8Array, host: string): boolean {
  const wanted = parseIpAddress(host).toBytes();
  return bytes.length === wanted.length &&
    bytes.every((byte, i) => byte === wanted[i]);
}

/**
 * Checks a chain of certificates once more, of which the first is the peer's;
 * throws if it cannot be trusted.
 *
 * `node:tls` of Deno 2.9.6 accepts an X.509v1 certificate, and one that it cannot
 * decode, if its issuer has only the name of one of `caCerts`. It then checks
 * neither the signature nor that the peer has the private key
 * (ext/node/ops/tls_wrap.rs, `verify_chain_structure`). Watched by
 * tests/tls/forged_certificate_test.ts.
 */
export function checkChain(
  chain: readonly Uint8Array[],
  caCerts: readonly X509Certificate[],
): void {
  const certificates = chain.map((raw) => new X509Certificate(raw));
  const [leaf] = certificates;
  if (leaf === undefined || versionOf(leaf.raw) !== 3) {
    throw refusal("ECERTINVALID", "the certificate is not of X.509v3");
  }
  const isByName = certificates.some(({ issuer }) =>
    caCerts.some(({ subject }) => subject === issuer)
  );
  // Otherwise a default root has issued it, and its signatures were checked.
  if (!isByName || new Chain(certificates, caCerts).isIssued(leaf)) return;
  throw refusal(
    "ECERTISSUER",
    "the signature is not of the issuer that the certificate names",
  );
}

/** A search for signatures that lead from a certificate to one that is trusted. */
class Chain {
  readonly #sent: Set<X509Certificate>;
  readonly #trusted: readonly X509Certificate[];
  #signatures = 0;

  constructor(
    sent: readonly X509Certificate[],
    trusted: readonly X509Certificate[],
  ) {
    this.#sent = new Set(sent);
    this.#trusted = trusted;
  }

  isIssued(certificate: X509Certificate): boolean {
    this.#sent.delete(certificate); // each is tried once
    const { fingerprint256 } = certificate;
    if (
      this.#trusted.some((root) =>
        root.fingerprint256 === fingerprint256 ||
        this.#isSigned(certificate, root)
      )
    ) return true;
    return [...this.#sent].some((other) =>
      other.ca && versionOf(other.raw) === 3 &&
      this.#isSigned(certificate, other) && this.isIssued(other)
    );
  }

  #isSigned(certificate: X509Certificate, issuer: X509Certificate): boolean {
    return certificate.checkIssued(issuer) &&
      ++this.#signatures <= MAX_SIGNATURES &&
      certificate.verify(issuer.publicKey);
  }
}
