import { Timers } from "../internal/wait/mod.ts";
import type { StreamConn } from "./conn.ts";

/**
 * Closes a connection over which no byte has gone for a while.
 *
 * It looks at the counters when the time is up instead of being told of every
 * byte, so that an active connection costs nothing. It never keeps the program
 * alive: what the connection itself waits for does.
 */
export class IdleTimer {
  /** Whether it has closed the connection. */
  hasFired = false;
  readonly #conn: StreamConn;
  readonly #ms: number;
  readonly #timers = new Timers();
  #stop: (() => void) | undefined;
  #seen = 0;
  #since = 0;

  constructor(conn: StreamConn, ms: number) {
    this.#conn = conn;
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
    if (this.#conn.isClosed) return;
    const { bytesRead, bytesWritten } = this.#conn;
    const now = performance.now();
    if (bytesRead + bytesWritten !== this.#seen) {
      // The byte may have gone at any moment since: look four times as often.
      this.#seen = bytesRead + bytesWritten;
      this.#since = now;
    }
    const left = this.#ms - (now - this.#since);
    if (left > 0) return this.#wait(Math.max(1, Math.min(left, this.#ms / 4)));
    this.hasFired = true;
    this.#conn.close();
  }

  /** Stops looking. */
  stop(): void {
    this.#stop?.();
  }
}
