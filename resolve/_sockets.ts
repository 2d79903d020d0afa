import { type Call, CallQueue, Timers } from "../internal/wait/mod.ts";
import { AddrInfoError } from "../errors/mod.ts";

/** So many sockets are open at a time for the look-ups of one resolver. */
const MAX_SOCKETS = 256;

/** The pause before another try when the process has no descriptor left, in milliseconds. */
const PAUSE_MS = 20;

/** The errors of a process or a system without a free descriptor. */
const EXHAUSTED: readonly unknown[] = ["EMFILE", "ENFILE"];

/** Work that may have to wait for a socket. */
export interface Turn {
  /** Whether it waits now. */
  isWaiting: boolean;
}

/**
 * The sockets of one resolver: bounded, first come first served. Work that finds
 * no free descriptor waits for one; there are fewer sockets from then on, which
 * leaves some descriptors to the rest of the program.
 */
export class Sockets {
  #size: number;
  #open = 0;
  readonly #queue = new Set<() => void>();

  /** Allows `size` sockets at a time. */
  constructor(size: number = MAX_SOCKETS) {
    this.#size = size;
  }

  /**
   * Runs work that opens one socket and closes it again. If the process has no
   * descriptor left, it is run again after a pause, for up to `patience`
   * milliseconds. Rejects with the signal's reason when it aborts.
   */
  async use<T>(
    patience: number,
    signal: AbortSignal,
    turn: Turn,
    work: () => Promise<T>,
  ): Promise<T> {
    const end = performance.now() + patience;
    for (;;) {
      turn.isWaiting = true;
      const entered = this.#enter(signal);
      if (entered !== undefined) await entered;
      turn.isWaiting = false;
      try {
        return await work();
      } catch (error) {
        if (!isExhausted(error) || performance.now() >= end) throw error;
        this.#size = Math.max(1, this.#open >> 1);
      } finally {
        this.#leave();
      }
      turn.isWaiting = true;
      await pause(signal);
    }
  }

  /** Takes a place at once, or resolves when one is free. */
  #enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#open < this.#size) {
      this.#open++;
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

  #leave(): void {
    const [admit] = this.#queue;
    if (admit === undefined || this.#open > this.#size) {
      this.#open--;
    } else {
      this.#queue.delete(admit);
      admit();
    }
  }
}

function isExhausted(error: unknown): boolean {
  return error instanceof Error &&
    EXHAUSTED.includes((error as Error & { code?: unknown }).code);
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, PAUSE_MS);
    signal.addEventListener("abort", onAbort);
  });
}
