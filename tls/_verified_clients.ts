/** How many clients are remembered for each set of authorities, and how many sets. */
const MAX_CLIENTS = 10_000;
const MAX_SETS = 100;

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

const sets = new Map<string, VerifiedClients>();

/** Returns the clients that were verified by these authorities. */
export function clientsOf(caCerts: readonly string[]): VerifiedClients {
  const key = caCerts.join("\n");
  const clients = sets.get(key) ?? new VerifiedClients();
  sets.delete(key);
  sets.set(key, clients); // now the last one to be forgotten
  if (sets.size > MAX_SETS) {
    const [oldest] = sets.keys();
    sets.delete(oldest!);
  }
  return clients;
}
