import { readPair, requirePair } from "./_pem.ts";
import { readServerName } from "./_server_name.ts";
import type { CertificateKeyPair } from "./_transport.ts";

/** Reads the name that a certificate is for: a host name, or `*.` and one. */
function readName(name: unknown): string {
  const text = typeof name === "string" && name.startsWith("*.")
    ? `*.${readServerName("certificates", name.slice(2))}`
    : readServerName("certificates", name);
  return text.toLowerCase();
}

/** The certificates of a server: one by default, and one for each of some names. */
export class Certificates {
  #standard: CertificateKeyPair | undefined;
  readonly #byName = new Map<string, CertificateKeyPair>();

  /**
   * Reads the options once.
   *
   * @throws {TypeError} If there is no certificate at all, or one is without its key,
   * or not in PEM.
   */
  constructor(
    { cert, key, certificates }: {
      cert?: unknown;
      key?: unknown;
      certificates?: unknown;
    },
  ) {
    this.#standard = readPair({ cert, key });
    if (certificates !== undefined) {
      if (typeof certificates !== "object" || certificates === null) {
        throw new TypeError(
          "Cannot use certificates: it must be an object with a certificate for each name",
        );
      }
      for (const [name, pair] of Object.entries(certificates)) {
        this.set(requirePair(pair), name);
      }
    }
    if (this.#standard === undefined && this.#byName.size === 0) {
      throw new TypeError("Cannot serve TLS: cert and key are missing");
    }
  }

  /** Whether which one a client gets depends on the name that it asks for. */
  get dependsOnName(): boolean {
    return this.#byName.size > 0;
  }

  /** The certificate for clients that ask for no name of the others. */
  get standard(): CertificateKeyPair | undefined {
    return this.#standard;
  }

  /** All of them. */
  get all(): CertificateKeyPair[] {
    const standard = this.#standard === undefined ? [] : [this.#standard];
    return [...standard, ...this.#byName.values()];
  }

  /** Returns the certificate for a name; that of the name itself before a wildcard's. */
  find(serverName: string | undefined): CertificateKeyPair | undefined {
    const name = serverName?.toLowerCase().replace(/\.$/, "") ?? "";
    return this.#byName.get(name) ??
      this.#byName.get(name.replace(/^[^.]*/, "*")) ?? this.#standard;
  }

  /** Replaces the certificate of a name, or the one by default. */
  set(pair: CertificateKeyPair, name?: string): void {
    if (name === undefined) this.#standard = pair;
    else this.#byName.set(readName(name), pair);
  }
}
