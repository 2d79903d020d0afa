/** What is kept, and until when, on the cache's clock. */
interface Entry<V> {
  readonly value: V;
  readonly expires: number;
}

/** A bounded map of values with a lifetime, of which the least recently used go first. */
export class Cache<V> {
  readonly #size: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<V>>();
  /** The key used last, which need not be moved to the end again. */
  #newest: string | undefined;

  /** Keeps up to `size` values; `now` is the clock, in milliseconds. */
  constructor(size: number, now: () => number) {
    this.#size = size;
    this.#now = now;
  }

  /** How many values are kept, expired ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value, unless it has expired by more than `grace` milliseconds. */
  get(key: string, grace = 0): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires + grace <= this.#now()) {
      return undefined;
    }
    if (key !== this.#newest) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      this.#newest = key;
    }
    return entry.value;
  }

  /** How many milliseconds a value has left, 0 where there is none. */
  left(key: string): number {
    const entry = this.#entries.get(key);
    return entry === undefined ? 0 : Math.max(entry.expires - this.#now(), 0);
  }

  /** Keeps a value for `ttl` milliseconds; zero or less keeps nothing. */
  set(key: string, value: V, ttl: number): void {
    this.#entries.delete(key);
    if (!(ttl > 0) || this.#size <= 0) return;
    this.#entries.set(key, { value, expires: this.#now() + ttl });
    this.#newest = key;
    if (this.#entries.size > this.#size) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
  }

  /** Forgets a value, or all. */
  delete(key?: string): void {
    if (key === undefined) this.#entries.clear();
    else this.#entries.delete(key);
  }
}
