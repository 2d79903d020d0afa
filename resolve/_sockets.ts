import { type Call, CallQueue, Timers } from "../internal/wait/mod.ts";

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
  readonly #queue = new CallQueue<Call<true>>({
    onWaiting() {}, // the work that ends makes room
    timers: new Timers(),
  });
  readonly #place: Call<true> = {
    attempt: () => {
      if (this.#open >= this.#size) return undefined;
      this.#open++;
      return true;
    },
    timeoutError: () => new Error("unused: look-ups abort their signal"),
  };

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
    const wait = { signal, timeout: Infinity };
    for (;;) {
      turn.isWaiting = true;
      signal.throwIfAborted();
      await this.#queue.call(this.#place, wait);
      turn.isWaiting = false;
      try {
        return await work();
      } catch (error) {
        if (!isExhausted(error) || performance.now() >= end) throw error;
        this.#size = Math.max(1, this.#open >> 1);
      } finally {
        this.#open--;
        this.#queue.run();
      }
      turn.isWaiting = true;
      await pause(signal);
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
