import type { TcpConn } from "./conn.ts";

/**
 * Closes a connection over which no byte has gone for a while.
 *
 * It looks at the counters when the time is up instead of being told of every
 * byte, so that an active connection costs nothing.
 */
export class IdleTimer {
  /** Whether it has closed the connection. */
  hasFired = false;
  readonly #conn: TcpConn;
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #seen = 0;
  #since = 0;

  constructor(conn: TcpConn, ms: number) {
    this.#conn = conn;
    this.#ms = ms;
    if (ms === 0 || ms === Infinity) return;
    this.#since = performance.now();
    this.#wait(ms);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.min(ms, 2 ** 31 - 1));
  }

  #look(): void {
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
    clearTimeout(this.#timer);
  }
}
