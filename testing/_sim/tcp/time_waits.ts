import type { TimeWait } from "./time_wait.ts";

/**
 * What is left of connections, until its time is over. Nothing happens at that time:
 * a call that asks for a port or a flow first drops the old ones.
 */
export class TimeWaits {
  /** In about the order in which they end. */
  readonly #all = new Set<TimeWait>();

  add(rest: TimeWait): void {
    this.#all.add(rest);
  }

  delete(rest: TimeWait): void {
    this.#all.delete(rest);
  }

  /** Drops those whose time is over, and calls `onEnd` for each. */
  expire(now: number, onEnd: (rest: TimeWait) => void): void {
    for (const rest of this.#all) {
      // One that was extended does not stay in front of those that end before it.
      if (rest.expiresAt > now) {
        if (!rest.wasExtended) return;
        rest.wasExtended = false;
        this.#all.delete(rest);
        this.#all.add(rest);
      } else {
        this.#all.delete(rest);
        onEnd(rest);
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
