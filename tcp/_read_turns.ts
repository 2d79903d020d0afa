import {
  arm,
  checkWait,
  isBounded,
  rejectTraced,
  type WaitOptions,
} from "../wait/mod.ts";

/** One read, from its call to its end. */
export interface ReadTurn {
  /** Whether its promise is settled, so that it may neither wait nor take. */
  readonly isOver: boolean;
}

/** The state of a read that is waiting for its turn or for bytes. */
class Turn<S, T> implements ReadTurn {
  isOver = false;
  /** Ends the wait inside `prepare`, by looking again or by failing. */
  wake: { again: () => void; fail: (reason: unknown) => void } | undefined;
  readonly #settle = Promise.withResolvers<T>();
  readonly #prepare: (turn: ReadTurn) => Promise<S>;
  readonly #finish: (state: S) => T;
  readonly #onEnd: (turn: Turn<S, T>) => void;
  #disarm: (() => void) | undefined;

  constructor(
    prepare: (turn: ReadTurn) => Promise<S>,
    finish: (state: S) => T,
    onEnd: (turn: Turn<S, T>) => void,
  ) {
    this.#prepare = prepare;
    this.#finish = finish;
    this.#onEnd = onEnd;
  }

  get promise(): Promise<T> {
    return this.#settle.promise;
  }

  limit(options: WaitOptions, timeoutError: () => Error): void {
    this.#disarm = arm(options, timeoutError, (reason) => this.reject(reason));
  }

  start(): void {
    this.#prepare(this).then(
      (state) => this.#complete(state),
      (reason) => this.reject(reason),
    );
  }

  /** Takes the bytes and settles in one step, so that no abort comes between. */
  #complete(state: S): void {
    if (this.isOver) return;
    try {
      const value = this.#finish(state);
      this.#end();
      this.#settle.resolve(value);
    } catch (error) {
      this.reject(error);
    }
  }

  reject(reason: unknown): void {
    if (this.isOver) return;
    this.#end();
    rejectTraced(this.#settle, reason);
    this.wake?.fail(reason);
  }

  #end(): void {
    this.isOver = true;
    this.#disarm?.();
    this.#onEnd(this);
  }
}

/** The reads of a connection, one at a time, in the order of their calls. */
export class ReadTurns {
  #current: Turn<unknown, unknown> | undefined;
  readonly #waiting: Turn<unknown, unknown>[] = [];
  #isHeld = false;

  /** Whether a read has its turn. */
  get isTaken(): boolean {
    return this.#current !== undefined || this.#waiting.length > 0;
  }

  /**
   * Runs a read in its turn: `prepare` waits for what it needs, and takes
   * nothing; then `finish` takes it, in one step with settling the promise. A
   * read that is given up before that step has taken nothing.
   */
  run<S, T>(
    options: WaitOptions | undefined,
    timeoutError: () => Error,
    prepare: (turn: ReadTurn) => Promise<S>,
    finish: (state: S) => T,
  ): Promise<T> {
    try {
      checkWait(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const turn = new Turn<S, T>(prepare, finish, (turn) => this.#onEnd(turn));
    this.#waiting.push(turn as Turn<unknown, unknown>);
    if (isBounded(options)) turn.limit(options!, timeoutError);
    this.#next();
    return turn.promise;
  }

  #onEnd(turn: unknown): void {
    if (turn === this.#current) {
      this.#current = undefined;
      this.#next();
    } else {
      const at = this.#waiting.indexOf(turn as Turn<unknown, unknown>);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    if (this.#isHeld || this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    this.#current!.start();
  }

  /** Lets no turn begin until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets the next turn begin. */
  release(): void {
    this.#isHeld = false;
    this.#next();
  }

  /** Waits inside a turn; rejects when the turn is given up. */
  until(turn: ReadTurn, work: Promise<void>): Promise<void> {
    const own = turn as Turn<unknown, unknown>;
    return new Promise((again, fail) => {
      own.wake = { again, fail };
      work.then(again, fail);
    });
  }

  /** Lets the current turn look again at what there is. */
  wake(): void {
    this.#current?.wake?.again();
  }

  /** Rejects the current turn and all that wait. */
  fail(reason: unknown): void {
    for (const turn of this.#waiting.splice(0)) turn.reject(reason);
    this.#current?.reject(reason);
  }
}
