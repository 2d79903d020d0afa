import type { PosixSocket } from "../../posix/mod.ts";
import { rejectFairly, resolveFairly } from "../wait/mod.ts";

/** There is something to receive. From `poll.h`: an import of `posix/` would load it. */
export const POLLIN = 0x1;
/** There is room to send. */
export const POLLOUT = 0x4;

/**
 * Calls on a socket that wait for its events, one at a time, such as the reads of a
 * connection. The queue and the timeouts are those of the caller.
 */
export class ReadyCalls<T> {
  readonly events: number;
  readonly #socket: PosixSocket;
  /** The call that waits: what it tries, and how it ends. */
  #attempt: (() => T | undefined) | undefined;
  #resolve!: (result: T) => void;
  #reject!: (reason: unknown) => void;

  constructor(socket: PosixSocket, events: number) {
    this.#socket = socket;
    this.events = events;
  }

  /**
   * Resolves with what `attempt` returns: now, or after events of the socket, as
   * long as it returns undefined.
   */
  whenReady(attempt: () => T | undefined): Promise<T> {
    try {
      const result = attempt();
      if (result !== undefined) return resolveFairly(result);
      this.#socket.observe(this);
    } catch (error) {
      return rejectFairly(error);
    }
    this.#attempt = attempt;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Lets a pending call wait, or not: then it does not keep the program alive. */
  hold(isHeld: boolean): void {
    if (this.#attempt === undefined) return;
    this.#socket.unobserve(this);
    if (!isHeld) return;
    this.#socket.observe(this);
    this.onEvents(); // an event that came in between is not reported again
  }

  onEvents(): void {
    try {
      const result = this.#attempt!();
      if (result === undefined) return;
      this.#resolve(result);
    } catch (error) {
      this.#reject(error);
    }
    this.#attempt = undefined;
    this.#socket.unobserve(this);
  }

  onClose(reason: Error): void {
    this.#attempt = undefined;
    this.#reject(reason);
  }
}
