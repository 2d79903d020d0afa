/** Lets so many in at a time; the others wait their turn, first come first served. */
export class Limit {
  #free: number;
  readonly #queue = new Set<() => void>();

  constructor(size: number) {
    this.#free = size;
  }

  /** Takes a place at once, or resolves when one is free; rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#queue.delete(admit);
        reject(signal.reason);
      };
      const admit = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      signal.addEventListener("abort", onAbort);
      this.#queue.add(admit);
    });
  }

  /** Gives a place back. */
  leave(): void {
    const [admit] = this.#queue;
    if (admit === undefined) {
      this.#free++;
    } else {
      this.#queue.delete(admit);
      admit();
    }
  }
}
