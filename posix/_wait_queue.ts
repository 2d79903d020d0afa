import { arm, type Timers, type Wait } from "../internal/wait/mod.ts";

/** One call that waits for its turn, or for the socket. */
interface Waiting {
  /** Tries; true when the call is over, whichever way. */
  attempt: () => boolean;
  /** Rejects, as the socket is closed. */
  close: () => void;
  isPaced: boolean;
}

/** What a waiting call gives up with. */
export interface GivingUp<T> {
  /** The error of a call that took too long. */
  timeout: () => Error;
  /** The error of a call whose socket is closed. */
  closed: () => Error;
  /** What is done already, which the call then resolves with; undefined for nothing. */
  partial?: (() => T | undefined) | undefined;
  /** Whether the kernel does not tell when to try again, so that a timer has to. */
  isPaced?: boolean | undefined;
  /** The timers of the socket. */
  timers: () => Timers;
}

/**
 * The calls that wait for one side of a socket, receiving or sending, in their
 * order: the next is not tried before the one in front of it is over, so that
 * nothing that they move is interleaved.
 */
export class WaitQueue {
  readonly #waiting: Waiting[] = [];
  readonly #onChange: (change: 1 | -1) => void;

  /** `onChange` learns of each call that begins or ends to wait. */
  constructor(onChange: (change: 1 | -1) => void) {
    this.#onChange = onChange;
  }

  /** How many calls wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Whether the call whose turn it is waits for a timer. */
  get isPaced(): boolean {
    return this.#waiting[0]?.isPaced ?? false;
  }

  /** Waits until `attempt` returns something, or throws. */
  wait<T>(
    attempt: () => T | undefined,
    limits: Wait | undefined,
    { timeout, closed, partial, isPaced = false, timers }: GivingUp<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let disarm: (() => void) | undefined = undefined;
      const waiting: Waiting = {
        attempt() {
          try {
            const result = attempt();
            if (result === undefined) return false;
            resolve(result);
          } catch (error) {
            reject(error);
          }
          disarm?.();
          return true;
        },
        close() {
          disarm?.();
          reject(closed());
        },
        isPaced,
      };
      this.#waiting.push(waiting);
      this.#onChange(1);
      if (limits === undefined) return;
      disarm = arm(limits, timeout, (reason) => {
        const at = this.#waiting.indexOf(waiting);
        this.#waiting.splice(at, 1);
        this.#onChange(-1);
        const done = partial?.();
        if (done === undefined) reject(reason);
        else resolve(done);
        if (at === 0) this.run(); // the next may be content with what there is
      }, timers());
    });
  }

  /** Tries those that wait, until one has to go on waiting. */
  run(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || !first.attempt()) return;
      // It may have closed the socket, and emptied the queue.
      if (this.#waiting[0] !== first) return;
      this.#waiting.shift();
      this.#onChange(-1);
    }
  }

  /** Rejects all that wait, as the socket is closed. */
  close(): void {
    for (const waiting of this.#waiting.splice(0)) {
      this.#onChange(-1);
      waiting.close();
    }
  }
}
