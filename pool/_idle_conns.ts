import { Timers } from "../internal/wait/mod.ts";
import type { StreamConn } from "../stream/mod.ts";
import { isBusy, onOver } from "../stream/_seam.ts";

/** A connection of a pool. */
export class PooledConn<C extends StreamConn> {
  readonly conn: C;
  /** When it was last used, or checked. */
  usedAt: number = performance.now();
  /** When it is to be closed if nobody uses it. */
  expiresAt: number;
  readonly #retiresAt: number;
  #isOver = false;
  #watching: AbortController | undefined;

  constructor(conn: C, lifetime: number) {
    this.conn = conn;
    this.expiresAt = this.#retiresAt = this.usedAt + lifetime;
    onOver(conn, () => this.#isOver = true);
  }

  /** Whether nobody can use it any more, or someone still reads from it. */
  get isBroken(): boolean {
    return this.#isOver || this.conn.isClosed || isBusy(this.conn);
  }

  /** Whether its time is up. */
  get hasExpired(): boolean {
    return performance.now() >= this.expiresAt;
  }

  /**
   * Keeps it for `idle` milliseconds, and calls back if the peer ends it before. It does
   * not keep the program alive.
   */
  park(idle: number, onEnd: () => void): void {
    this.expiresAt = Math.min(performance.now() + idle, this.#retiresAt);
    setRef(this.conn, false);
    const watching = this.#watching = new AbortController();
    const { signal } = watching;
    const end = () => {
      if (!signal.aborted && this.#isOver) onEnd();
    };
    // What comes unasked is for the next user.
    this.conn.peek(1, { signal }).then(end, end);
  }

  /** Ends `park`. */
  unpark(): void {
    if (this.#watching === undefined) return;
    this.#watching.abort("used again"); // no error, which would cost a stack
    this.#watching = undefined;
    this.expiresAt = this.#retiresAt;
    setRef(this.conn, true);
  }
}

function setRef(conn: StreamConn, isRef: boolean): void {
  try {
    if (isRef) conn.ref();
    else conn.unref();
  } catch {
    // its source cannot
  }
}

/** The connections of a pool that nobody uses, the one that was used last at the end. */
export class IdleConns<C extends StreamConn> {
  readonly #entries: PooledConn<C>[] = [];
  readonly #idle: number;
  readonly #onExpired: (entry: PooledConn<C>, isBroken: boolean) => void;
  readonly #timers = new Timers();
  #expiry = Infinity;
  #stopTimer: (() => void) | undefined;

  /** Keeps each connection so long, and then calls back, also if the peer ends it. */
  constructor(
    idle: number,
    onExpired: (entry: PooledConn<C>, isBroken: boolean) => void,
  ) {
    this.#idle = idle;
    this.#onExpired = onExpired;
    this.#timers.unref();
  }

  get size(): number {
    return this.#entries.length;
  }

  /** The connection that was used last. */
  get last(): PooledConn<C> | undefined {
    return this.#entries.at(-1);
  }

  push(entry: PooledConn<C>): void {
    this.#entries.push(entry);
  }

  /** Takes the last one off. */
  pop(): PooledConn<C> | undefined {
    const entry = this.#entries.pop();
    entry?.unpark();
    return entry;
  }

  /** Watches one that was pushed, now that nobody has taken it. */
  park(entry: PooledConn<C>): void {
    if (!this.#entries.includes(entry)) return;
    entry.park(this.#idle, () => this.#remove(entry, true));
    this.#schedule(entry.expiresAt);
  }

  #remove(entry: PooledConn<C>, isBroken: boolean): void {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return;
    this.#entries.splice(index, 1);
    entry.unpark();
    this.#onExpired(entry, isBroken);
  }

  #schedule(expiry: number): void {
    if (expiry >= this.#expiry) return;
    this.#stopTimer?.();
    this.#expiry = expiry;
    const delay = Math.max(0, Math.ceil(expiry - performance.now()));
    this.#stopTimer = this.#timers.start(() => {
      this.#expiry = Infinity;
      const expired = this.#entries.filter(({ hasExpired }) => hasExpired);
      for (const entry of expired) this.#remove(entry, false);
      const rest = this.#entries.map(({ expiresAt }) => expiresAt);
      this.#schedule(Math.min(...rest));
    }, delay);
  }

  /** Takes all off. */
  clear(): PooledConn<C>[] {
    this.#stopTimer?.();
    this.#expiry = Infinity;
    for (const entry of this.#entries) entry.unpark();
    return this.#entries.splice(0);
  }
}
