/** How many clients are remembered. */
const MAX_CLIENTS = 10_000;

/** The clients whose certificates a server has verified, by fingerprint. */
export class VerifiedClients {
  readonly #fingerprints = new Set<string>();

  /** Remembers a client; forgets the one that was verified first, if there are many. */
  add(fingerprint: string): void {
    this.#fingerprints.delete(fingerprint);
    this.#fingerprints.add(fingerprint);
    if (this.#fingerprints.size <= MAX_CLIENTS) return;
    const [oldest] = this.#fingerprints;
    this.#fingerprints.delete(oldest!);
  }

  /** Whether this client was verified. */
  has(fingerprint: string): boolean {
    return this.#fingerprints.has(fingerprint);
  }
}
