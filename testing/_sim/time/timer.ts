import type { Scheduled } from "./scheduler.ts";
import type { Scope } from "./scope.ts";

/** How long the callback of `setImmediate()` waits, in milliseconds. */
export const IMMEDIATE = 0.001;

/** Returns the delay that the runtime makes of the argument of `setTimeout()`. */
export function timerDelay(delay: unknown): number {
  const milliseconds = Math.trunc(Number(delay));
  // Longer ones do not fit into 31 bits, and fire at once.
  return milliseconds >= 1 && milliseconds < 2 ** 31 ? milliseconds : 1;
}

/** A timer in virtual time, with the methods of the timers of Deno and Node. */
export class VirtualTimer {
  readonly id: number;
  readonly #scope: Scope;
  readonly #callback: (...args: unknown[]) => unknown;
  readonly #args: readonly unknown[];
  readonly #delay: number;
  readonly #repeats: boolean;
  #event: Scheduled | undefined;
  #isReferenced = true;

  /** Starts it. */
  constructor(
    scope: Scope,
    callback: (...args: unknown[]) => unknown,
    delay: number,
    args: readonly unknown[] = [],
    repeats = false,
  ) {
    this.id = scope.world.nextTimerId();
    this.#scope = scope;
    this.#callback = callback;
    this.#args = args;
    this.#delay = delay;
    this.#repeats = repeats;
    this.#start();
  }

  #start(): void {
    const scope = this.#scope;
    if (scope.isDropped) return;
    // The reaction of a promise runs in the asynchronous context of the program that
    // started the timer, and costs less than AsyncLocalStorage.snapshot().
    let fire!: () => void;
    const due = new Promise<void>((resolve) => fire = resolve);
    const event = scope.world.scheduler.after(this.#delay, fire);
    this.#event = event;
    scope.add(this);
    due.then(() => this.#fire(event));
  }

  #fire(event: Scheduled): void {
    if (this.#event !== event) return; // cancelled or started anew since
    this.#event = undefined;
    this.#scope.delete(this);
    try {
      this.#callback.apply(this, this.#args as unknown[]);
    } catch (error) {
      this.#scope.fail(error);
    }
    if (this.#repeats && this.#event === undefined && !this.#isClosed) {
      this.#start();
    }
  }

  #isClosed = false;

  /** Cancels it. */
  close(): this {
    this.#isClosed = true;
    this.#event?.cancel();
    this.#event = undefined;
    this.#scope.delete(this);
    return this;
  }

  /** Starts it anew from now. */
  refresh(): this {
    if (this.#isClosed) return this;
    this.#event?.cancel();
    this.#start();
    return this;
  }

  /** Has no effect but on {@linkcode hasRef}. */
  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  /** Has no effect but on {@linkcode hasRef}: the timer fires while the test runs. */
  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  /** Whether it would keep a real process alive. */
  hasRef(): boolean {
    return this.#isReferenced;
  }

  /** Returns the number that `clearTimeout()` accepts. */
  [Symbol.toPrimitive](): number {
    this.#scope.addId(this);
    return this.id;
  }

  /** Cancels it. */
  [Symbol.dispose](): void {
    this.close();
  }
}
