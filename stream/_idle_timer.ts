import { Timers } from "../internal/wait/mod.ts";
import type { StreamConn } from "./conn.ts";

/**
 * Closes connections over none of which a byte has gone for a while.
 *
 * It looks at the counters when the time is up instead of hearing of every
 * byte, so that an active connection costs nothing. It never keeps the program
 * alive: what the connection itself waits for does.
 */
export class IdleTimer {
  /** Whether it has closed the connections. */
  hasFired = false;
  readonly #conns: readonly StreamConn[];
  readonly #ms: number;
  readonly #timers = new Timers();
  #stop: (() => void) | undefined;
  #seen = 0;
  #since = 0;

  constructor(conns: readonly StreamConn[], ms: number) {
    this.#conns = conns;
    this.#ms = ms;
    if (ms === 0 || ms === Infinity) return;
    this.#timers.unref();
    this.#since = performance.now();
    this.#wait(ms);
  }

  #wait(ms: number): void {
    this.#stop = this.#timers.start(() => this.#look(), ms);
  }

  #look(): void {
    // Closed, reset or detached by its handler: there is nothing left to close.
    if (this.#conns.some(({ isClosed }) => isClosed)) return;
    let bytes = 0;
    for (const conn of this.#conns) bytes += conn.bytesRead + conn.bytesWritten;
    const now = performance.now();
    if (bytes !== this.#seen) {
      // The byte may have gone at any moment since: look four times as often.
      this.#seen = bytes;
      this.#since = now;
    }
    const left = this.#ms - (now - this.#since);
    if (left > 0) return this.#wait(Math.max(1, Math.min(left, this.#ms / 4)));
    this.hasFired = true;
    for (const conn of this.#conns) conn.close();
  }

  /** Stops looking. */
  stop(): void {
    this.#stop?.();
  }
}
