import { socketError } from "../errors/mod.ts";
import { isBounded, rejectTraced, type WaitOptions } from "../wait/mod.ts";
import { type ReadTurn, ReadTurns } from "./_read_turns.ts";
import { takenAway } from "./_check.ts";
import type { Refusal } from "./_refusal.ts";
import { SlidingBuffer } from "./_sliding_buffer.ts";

/** Reads into less than this go through the buffer, to save calls, in bytes. */
const SMALL_READ = 4 * 1024;

const ignore = () => {};
const END = Promise.resolve(null);

/** What the reader needs of the connection below. */
export interface ReadSource {
  /** Reads what there is into the buffer; null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Makes our error of the runtime's. */
  failure(error: unknown, syscall: string): Error;
  /** The error of a read that took too long. */
  timeout(syscall: string): Error;
}

/**
 * The reading half of a connection: a buffer that slides over the stream.
 *
 * Bytes leave the buffer only when they are handed over, so a read that is given
 * up, or fails, loses none: the fill that it had begun goes on, and the next
 * read finds what it brought. There is one fill at a time.
 */
export class StreamReader extends SlidingBuffer {
  /** How many bytes have been received. */
  bytesRead = 0;
  /** Whether the stream has ended, be it that the buffer still holds some of it. */
  ended = false;

  readonly #source: ReadSource;
  readonly #turns = new ReadTurns();
  #filling: Promise<void> | undefined;
  /** The read that has the runtime write into the caller's buffer. */
  #isDirect = false;
  // deno-lint-ignore no-explicit-any -- what it resolves with is its caller's
  #resolveDirect: (value: any) => void = ignore;
  #rejectDirect: (error: unknown) => void = ignore;
  /** What the quick read that is under way needs, and how it takes it. */
  #need = 0;
  #take: ((isThere: boolean) => unknown) | undefined;
  #refusal: Refusal | undefined;
  /** Whether this side has given up reading, and nothing is to be kept. */
  #isDropping = false;

  constructor(source: ReadSource) {
    super();
    this.#source = source;
  }

  /** Whether a read is pending, so that what is buffered belongs to it. */
  get isBusy(): boolean {
    return this.#isDirect || this.#turns.isTaken;
  }

  /** Whether no fill is under way, and the stream goes on. */
  get #isQuiet(): boolean {
    return this.#filling === undefined && this.#refusal === undefined &&
      !this.ended;
  }

  /** Whether the runtime is reading into a buffer of ours or of a caller's. */
  get isFilling(): boolean {
    return this.#filling !== undefined || this.#isDirect;
  }

  /** Drops what is buffered, and rejects what waits and every later read. */
  close(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#isDropping = true;
    this.ended = false;
    this.drop();
    this.#take = undefined;
    if (!this.isBusy) return;
    this.#rejectDirect(refusal());
    this.#forgetDirect();
    this.#turns.fail(refusal());
  }

  /** Pretends that the stream ended here. */
  endNow(): void {
    this.ended = true;
    this.#isDropping = true;
    this.consume(this.buffered);
    if (this.#take !== undefined) this.#settleQuick(false);
    else this.#resolveDirect(null);
    this.#forgetDirect();
    this.#turns.release();
    this.#turns.wake();
  }

  /** C's `read`: resolves as soon as there is anything. */
  read(
    target: Uint8Array,
    options: WaitOptions | undefined,
  ): Promise<number | null> {
    const size = target.length;
    if (!isBounded(options)) {
      // A read that is under way may yet put back what it has taken.
      if (this.buffered === 0 && (!this.isBusy || this.#isDropping)) {
        if (this.#refusal !== undefined) return Promise.reject(this.#refusal());
        if (this.ended) return END;
      }
      if (!this.isBusy) {
        if (this.buffered > 0 || size === 0) {
          return Promise.resolve(this.moveInto(target));
        }
        if (this.#filling === undefined) {
          return size >= SMALL_READ
            ? this.#readDirect(target)
            : this.#readQuick(1, (isThere) => {
              if (!isThere) return null;
              checkThere(target, size);
              return this.moveInto(target);
            });
        }
      }
    }
    return this.exclusive(
      options,
      "read",
      async (turn) => this.buffered > 0 || await this.fill(turn),
      (hasMore) => {
        if (!hasMore) return null;
        checkThere(target, size);
        return this.moveInto(target);
      },
    );
  }

  /** Lets the runtime write into the caller's buffer: no copy, no way back. */
  #readDirect(target: Uint8Array): Promise<number | null> {
    this.#isDirect = true;
    this.#turns.hold();
    const promise = new Promise(this.#keepDirect);
    this.#source.read(target).then(this.#onDirect, this.#onDirectFail);
    return promise;
  }

  /**
   * A small read that nothing can give up and that no other waits before: fills
   * the buffer until `need` bytes are there, without the turn that others take.
   */
  #readQuick<T>(need: number, take: (isThere: boolean) => T): Promise<T> {
    this.#isDirect = true;
    this.#need = need;
    this.#take = take;
    this.#turns.hold();
    const promise = new Promise<T>(this.#keepDirect);
    this.#fillQuick();
    return promise;
  }

  #fillQuick(): void {
    this.#source.read(this.room())
      .then(this.#onQuick, this.#onQuickFail);
  }

  readonly #onQuick = (count: number | null): void => {
    this.#onFill(count);
    if (this.#take === undefined) { // settled by close() or closeRead() meanwhile
      this.#endDirect();
    } else if (this.buffered >= this.#need || this.ended) {
      this.#settleQuick(this.buffered >= this.#need);
      this.#endDirect();
    } else {
      this.#fillQuick();
    }
  };

  readonly #onQuickFail = (error: unknown): void => {
    this.#onFillFail(error);
    this.#take = undefined;
    this.#failDirect(this.#refusal!());
    this.#endDirect();
  };

  #settleQuick(isThere: boolean): void {
    const take = this.#take!;
    this.#take = undefined;
    try {
      this.#resolveDirect(take(isThere));
    } catch (error) {
      this.#failDirect(error);
    }
  }

  #endDirect(): void {
    this.#isDirect = false;
    this.#turns.release();
  }

  // Faster than Promise.withResolvers(), and this is the path of bulk data.
  readonly #keepDirect = (
    // deno-lint-ignore no-explicit-any -- as above
    resolve: (value: any) => void,
    reject: (error: unknown) => void,
  ): void => {
    this.#resolveDirect = resolve;
    this.#rejectDirect = reject;
  };

  #failDirect(error: unknown): void {
    const [resolve, reject] = [this.#resolveDirect, this.#rejectDirect];
    if (reject !== ignore) rejectTraced({ resolve, reject }, error);
  }

  /** The read is settled, but the runtime is not done with it. */
  #forgetDirect(): void {
    this.#resolveDirect = this.#rejectDirect = ignore;
  }

  readonly #onDirect = (count: number | null): void => {
    this.#isDirect = false;
    if (count === null || this.ended) { // ended by closeRead() in the meantime
      this.ended = true;
      count = null;
    } else {
      this.bytesRead += count;
    }
    this.#resolveDirect(count);
    this.#turns.release();
  };

  readonly #onDirectFail = (error: unknown): void => {
    this.#isDirect = false;
    if (error instanceof TypeError) { // about the caller's buffer: none is lost
      this.#rejectDirect(error);
    } else {
      this.#fail(error);
      this.#failDirect(this.#refusal!());
    }
    this.#turns.release();
  };

  /**
   * Runs a read when those before it are done: `prepare` waits for what it
   * needs, by `fill`, and `finish` takes it. A read that is given up before
   * `finish` has taken nothing.
   */
  exclusive<S, T>(
    options: WaitOptions | undefined,
    syscall: string,
    prepare: (turn: ReadTurn) => Promise<S>,
    finish: (state: S) => T,
  ): Promise<T> {
    return this.#turns.run(
      options,
      () => this.#source.timeout(syscall),
      prepare,
      finish,
    );
  }

  /**
   * Receives more, at least a byte; false at the end of the stream. Called only
   * inside `prepare`, and rejects when the read there is given up.
   */
  async fill(turn: ReadTurn): Promise<boolean> {
    const before = this.buffered;
    while (this.buffered === before) {
      if (turn.isOver || this.ended) return false;
      if (this.#refusal !== undefined) throw this.#refusal();
      await this.#turns.until(turn, this.#filling ?? this.#startFill());
    }
    return true;
  }

  #startFill(): Promise<void> {
    return this.#filling = this.#source.read(this.room())
      .then(this.#onFill, this.#onFillFail);
  }

  readonly #onFill = (count: number | null): void => {
    this.#filling = undefined;
    if (this.ended || this.#refusal !== undefined) return; // closed meanwhile
    if (count === null) {
      this.ended = true;
      return;
    }
    this.extend(count);
    this.bytesRead += count;
  };

  readonly #onFillFail = (error: unknown): void => {
    this.#filling = undefined;
    this.#fail(error);
  };

  #fail(error: unknown): void {
    if (this.#refusal !== undefined) return;
    const failure = this.#source.failure(error, "read");
    this.#refusal = () => failure;
  }

  /** Waits until `count` bytes are buffered; false when the stream ends before. */
  async fillTo(turn: ReadTurn, count: number): Promise<boolean> {
    while (this.buffered < count) {
      if (!await this.fill(turn)) return false;
    }
    return true;
  }

  /** C's `recv` with MSG_PEEK: fewer bytes only at the end of the stream. */
  peek(
    count: number,
    options: WaitOptions | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.exclusive(
      options,
      "recv",
      (turn) => this.fillTo(turn, count),
      () => this.copy(Math.min(count, this.buffered)),
    );
  }

  /** C's `recv` with MSG_WAITALL, as bytes of the caller's own. */
  readExact(
    count: number,
    options: WaitOptions | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.isBusy && !isBounded(options)) {
      if (this.buffered >= count) return Promise.resolve(this.takeNow(count));
      if (count <= SMALL_READ && this.#isQuiet) {
        return this.#readQuick(count, (isThere) => {
          if (!isThere) throw this.#truncated(count);
          return this.takeNow(count);
        });
      }
    }
    return this.exclusive(
      options,
      "recv",
      (turn) => this.#require(turn, count),
      () => this.takeNow(count),
    );
  }

  /** C's `recv` with MSG_WAITALL, into the caller's buffer. */
  readExactInto<B extends Uint8Array>(
    target: B,
    options: WaitOptions | undefined,
  ): Promise<B> {
    const size = target.length;
    const isBound = isBounded(options);
    if (!this.isBusy && !isBound) {
      if (this.buffered >= size) {
        this.moveInto(target);
        return Promise.resolve(target);
      }
      if (size <= SMALL_READ && this.#isQuiet) {
        return this.#readQuick(size, (isThere) => {
          if (!isThere) throw this.#truncated(size);
          checkThere(target, size);
          this.moveInto(target);
          return target;
        });
      }
    }
    return this.exclusive(
      options,
      "recv",
      (turn) =>
        isBound
          ? this.#require(turn, size)
          : this.#fillTarget(turn, target, size),
      () => {
        checkThere(target, size);
        if (isBound) this.moveInto(target);
        return target;
      },
    );
  }

  /** Reads straight into a caller's buffer, and takes it back if the stream ends. */
  async #fillTarget(
    turn: ReadTurn,
    target: Uint8Array,
    size: number,
  ): Promise<void> {
    let filled = this.moveInto(target);
    try {
      while (filled < size) {
        checkThere(target, size);
        const rest = target.subarray(filled);
        if (rest.length < SMALL_READ || this.#filling !== undefined) {
          if (!await this.fill(turn)) break;
          filled += this.moveInto(rest);
          continue;
        }
        const count = await this.#readDirect(rest);
        if (count === null) break;
        filled += count;
      }
    } finally {
      if (filled < size && target.length === size) {
        this.#takeBack(target.subarray(0, filled));
      }
    }
    if (filled < size) throw this.#truncated(size);
  }

  /** Puts bytes that a failed read had taken in front of the stream again. */
  #takeBack(bytes: Uint8Array): void {
    if (this.#isDropping) return;
    this.restart(bytes.slice());
  }

  async #require(turn: ReadTurn, count: number): Promise<void> {
    if (!await this.fillTo(turn, count)) throw this.#truncated(count);
  }

  #truncated(count: number): Error {
    return socketError("EOF", {
      action: `read ${count} bytes`,
      syscall: "recv",
      reason:
        `the stream ended after ${this.buffered}, which can still be read`,
    });
  }
}

/** Refuses a buffer that was transferred while its read was pending. */
function checkThere(target: Uint8Array, size: number): void {
  if (target.length !== size) throw takenAway("read into");
}
