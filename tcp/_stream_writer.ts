import { socketError } from "../errors/mod.ts";
import {
  arm,
  checkWait,
  rejectTraced,
  type Timers,
  type Wait,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { LARGE_CHUNK, SMALL_CHUNK, takeChunk } from "./_chunk_pool.ts";
import { takenAway } from "./_check.ts";
import type { Refusal } from "./_refusal.ts";
import { type Entry, type Settle, WriteQueue } from "./_write_queue.ts";

/** A flush waits for more as long as more comes, up to this many bytes. */
const EAGER_FLUSH = 32 * 1024;
/** From this size on, `send` passes bytes on as they are instead of copying. */
const PASS_THROUGH = 64 * 1024;
/** How many times the high-water mark `send` accepts from a caller who never waits. */
const HARD_LIMIT = 64;

const READY: Promise<void> = Promise.resolve();
const ignore = () => {};

/** What the writer needs of the connection below. */
export interface WriteTarget {
  /** Writes at least a byte. */
  write(bytes: Uint8Array): Promise<number>;
  /** Makes our error of the runtime's. */
  failure(error: unknown, syscall: string): Error;
  /** The error of a write that took too long. */
  timeout(syscall: string): Error;
  /** The timers of the connection. */
  readonly timers: Timers;
}

/**
 * The writing half of a connection: a queue, written in the order of the calls,
 * one write at a time, so that the bytes of two callers never mix.
 *
 * `send` copies small messages into the chunk at the end of the queue. A flush is
 * a microtask that comes round again while messages keep coming, and so carries
 * all that were sent in one turn of the event loop in one call of the runtime.
 */
export class StreamWriter {
  /** How many bytes have been written. */
  bytesWritten = 0;
  /** How many queued bytes make senders wait. */
  readonly highWaterMark: number;

  readonly #target: WriteTarget;
  readonly #queue = new WriteQueue();
  /** The chunk that `send` may append to: always the last entry. */
  #tail: Entry | undefined;
  #isWriting = false;
  /** The bytes of a write that found all idle: no entry of the queue unless another call comes. */
  #direct: Uint8Array | undefined;
  #directSize = 0;
  #resolveDirect: Settle<number>["resolve"] = ignore;
  #rejectDirect: Settle<number>["reject"] = ignore;
  #isScheduled = false;
  #seen = 0;
  #hasOverflowed = false;
  /** Why later writes are refused: closed, or failed. */
  #refusal: Refusal | undefined;
  #hasFailed = false;
  #isTorn = false;
  #drain: PromiseWithResolvers<void> | undefined;

  constructor(target: WriteTarget, highWaterMark: number) {
    this.#target = target;
    this.highWaterMark = highWaterMark;
  }

  /** How many bytes wait in the queue. */
  get queued(): number {
    return this.#queue.bytes;
  }

  /** Whether nothing waits to be written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#queue.length === 0;
  }

  /**
   * Whether bytes that were accepted have not left, so that the peer must not read
   * an orderly end. After a failure of the connection there is no end to read.
   */
  get owesBytes(): boolean {
    return this.#hasFailed ? this.#isTorn : !this.isIdle;
  }

  /** Queues a message; see `TcpConn.send`. */
  send(bytes: Uint8Array): Promise<void> {
    const size = bytes.length;
    if (this.#refusal !== undefined || size >= PASS_THROUGH) {
      return this.#sendWhole(bytes);
    }
    const tail = this.#tail;
    if (tail !== undefined && tail.bytes.length - tail.end >= size) {
      tail.bytes.set(bytes, tail.end);
      tail.end += size;
    } else if (size > 0) {
      const full = this.#refuseMore(size);
      if (full !== undefined) return full;
      this.#appendChunks(bytes);
    }
    this.#queue.bytes += size;
    if (!this.#isScheduled && !this.#isWriting) this.#schedule();
    return this.#queue.bytes < this.highWaterMark ? READY : this.drained();
  }

  /**
   * Where a codec may write a small message of its own making, at `tailEnd`,
   * instead of `send`ing it; `commit` then says how long it became. Undefined
   * where the message does not fit a chunk, or nothing may be sent.
   */
  reserve(size: number): Uint8Array | undefined {
    const tail = this.#tail;
    if (tail !== undefined && tail.bytes.length - tail.end >= size) {
      return tail.bytes;
    }
    const isRefused = this.#refusal !== undefined || size > LARGE_CHUNK ||
      this.#sent + size > this.highWaterMark * HARD_LIMIT;
    return isRefused ? undefined : this.#newTail(size).bytes;
  }

  /** Where the next message begins in what `reserve` returned. */
  get tailEnd(): number {
    return this.#tail!.end;
  }

  /** Sends what was written behind `reserve`. */
  commit(size: number): Promise<void> {
    this.#tail!.end += size;
    this.#queue.bytes += size;
    if (!this.#isScheduled && !this.#isWriting) this.#schedule();
    return this.#queue.bytes < this.highWaterMark ? READY : this.drained();
  }

  /** How many queued bytes are of messages that were sent. */
  get #sent(): number {
    return this.#queue.bytes - this.#queue.written;
  }

  #refuseMore(size: number): Promise<void> | undefined {
    // One message may be of any size; who sends the next has not waited.
    const isWelcome = this.#sent < this.highWaterMark ||
      this.#sent + size <= this.highWaterMark * HARD_LIMIT;
    if (isWelcome) return undefined;
    const refusal = Promise.reject<void>(socketError("ENOBUFS", {
      action: `send ${size} bytes`,
      syscall: "send",
      reason: `${this.#sent} bytes are queued; wait for send() or drained()`,
    }));
    refusal.catch(ignore);
    return refusal;
  }

  #newTail(size: number): Entry {
    this.#queueDirect();
    if (this.#queue.length > 0) this.#hasOverflowed = true;
    const isLarge = this.#hasOverflowed || size > SMALL_CHUNK;
    const bytes = takeChunk(isLarge);
    const tail: Entry = {
      bytes,
      start: 0,
      end: 0,
      isChunk: true,
      isShort: false,
      isSent: true,
      settle: undefined,
      waiters: undefined,
    };
    this.#queue.push(tail);
    return this.#tail = tail;
  }

  #appendChunks(bytes: Uint8Array): void {
    const tail = this.#tail;
    const head = tail === undefined
      ? 0
      : Math.min(tail.bytes.length - tail.end, bytes.length);
    if (head > 0) {
      tail!.bytes.set(bytes.subarray(0, head), tail!.end);
      tail!.end += head;
    }
    const next = this.#newTail(bytes.length - head);
    next.bytes.set(bytes.subarray(head), 0);
    next.end = bytes.length - head;
  }

  /** A large message is not copied, so its promise waits until it is written. */
  #sendWhole(bytes: Uint8Array): Promise<void> {
    const full = this.#refuseMore(bytes.length);
    if (full !== undefined) return full;
    const sent: Promise<unknown> = this.#refusal === undefined
      ? this.#enqueue(bytes, false, true, undefined)
      : Promise.reject(this.#refusal());
    const done = sent.then(ignore);
    done.catch(ignore); // flush(), drained() and the next send report it too
    return done;
  }

  #schedule(): void {
    this.#isScheduled = true;
    this.#seen = 0;
    queueMicrotask(this.#flushWhenQuiet);
  }

  readonly #flushWhenQuiet = (): void => {
    if (this.#queue.bytes > this.#seen && this.#queue.bytes < EAGER_FLUSH) {
      this.#seen = this.#queue.bytes;
      queueMicrotask(this.#flushWhenQuiet);
      return;
    }
    this.#isScheduled = false;
    this.#pump();
  };

  /** C's `write`, or the loop around it; the count of bytes written. */
  write(
    bytes: Uint8Array,
    isShort: boolean,
    options: WaitOptions | undefined,
  ): Promise<number> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal());
    let wait: Wait | undefined;
    if (options !== undefined) {
      try {
        wait = checkWait(options);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    if (wait === undefined && isShort && bytes.length > 0 && this.isIdle) {
      return this.#writeDirect(bytes);
    }
    return this.#enqueue(bytes, isShort, false, wait);
  }

  /** Writes for a caller that is alone, without an entry in the queue. */
  #writeDirect(bytes: Uint8Array): Promise<number> {
    this.#isWriting = true;
    this.#direct = bytes;
    this.#directSize = bytes.length;
    this.#queue.count(false, bytes.length);
    const promise = new Promise(this.#keepDirect);
    this.#target.write(bytes).then(this.#onDirect, this.#onFailed);
    return promise;
  }

  readonly #keepDirect = (
    resolve: Settle<number>["resolve"],
    reject: Settle<number>["reject"],
  ): void => {
    this.#resolveDirect = resolve;
    this.#rejectDirect = reject;
  };

  readonly #onDirect = (count: number): void => {
    if (this.#direct === undefined) return this.#onWritten(count);
    this.#queue.count(false, -this.#directSize);
    this.#direct = undefined;
    this.#isWriting = false;
    this.bytesWritten += count;
    this.#resolveDirect(count);
    this.#settleDrain();
  };

  /** Makes of the write that is under way the head of the queue. */
  #queueDirect(): void {
    const bytes = this.#direct;
    if (bytes === undefined) return;
    this.#direct = undefined;
    this.#queue.count(false, -this.#directSize);
    this.#queue.push({
      bytes,
      start: 0,
      end: this.#directSize,
      isChunk: false,
      isShort: true,
      isSent: false,
      settle: { resolve: this.#resolveDirect, reject: this.#rejectDirect },
      waiters: undefined,
    });
  }

  #enqueue(
    bytes: Uint8Array,
    isShort: boolean,
    isSent: boolean,
    wait: Wait | undefined,
  ): Promise<number> {
    if (bytes.length === 0 && this.isIdle) return Promise.resolve(0);
    this.#queueDirect();
    this.#tail = undefined;
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        bytes,
        start: 0,
        end: bytes.length,
        isChunk: false,
        isShort,
        isSent,
        settle: { resolve, reject },
        waiters: undefined,
      };
      this.#queue.push(entry);
      if (wait !== undefined) this.#limit(entry, wait);
      if (!this.#isWriting) this.#pump();
    });
  }

  /**
   * Giving up takes a write out of the queue if it has not begun. One that has
   * is completed in the background, so that the peer never gets half of it.
   */
  #limit(entry: Entry, wait: Wait): void {
    const { resolve, reject } = entry.settle!;
    const disarm = arm(
      wait,
      () => this.#target.timeout("write"),
      (reason) => {
        if (entry.settle === undefined) return;
        entry.settle = undefined;
        if (entry !== this.#begun) this.#remove(entry);
        rejectTraced({ resolve, reject }, reason);
      },
      this.#target.timers,
    );
    entry.settle = {
      resolve: (count) => (disarm(), resolve(count)),
      reject: (error) => (disarm(), reject(error)),
    };
  }

  /** The entry of which some may have left, or be about to. */
  get #begun(): Entry | undefined {
    const { head } = this.#queue;
    return this.#isWriting || head?.start !== 0 ? head : undefined;
  }

  #remove(entry: Entry): void {
    this.#queue.remove(entry);
    this.#settleDrain();
  }

  /** Writes the head of the queue. */
  #pump(): void {
    const { head } = this.#queue;
    if (head === undefined || this.#isWriting) return;
    if (head === this.#tail) this.#tail = undefined; // the kernel is at it now
    this.#isWriting = true;
    const { bytes, start, end } = head;
    const isWhole = start === 0 && end === bytes.length;
    if (bytes.length < end) { // transferred, and no part of it can be sent
      return queueMicrotask(this.#onTakenAway);
    }
    this.#target.write(isWhole ? bytes : bytes.subarray(start, end))
      .then(this.#onWritten, this.#onFailed);
  }

  readonly #onWritten = (count: number): void => {
    this.#isWriting = false;
    const { head } = this.#queue;
    if (head === undefined) return; // failed by close in the meantime
    this.bytesWritten += count;
    this.#queue.advance(head, count);
    this.#settleDrain();
    this.#pumpNext();
  };

  readonly #onTakenAway = (): void => {
    const { head } = this.#queue;
    if (head === undefined || head.start > 0) return this.#onFailed(undefined);
    this.#isWriting = false;
    this.#remove(head);
    head.settle?.reject(takenAway("write"));
    this.#pumpNext();
  };

  #pumpNext(): void {
    if (this.#queue.length === 0) {
      this.#hasOverflowed = false;
    } else if (this.#queue.length === 1 && this.#queue.head === this.#tail) {
      if (!this.#isScheduled) this.#schedule(); // let the last chunk fill up
    } else {
      this.#pump();
    }
  }

  /** Wakes who waits for room. */
  #settleDrain(): void {
    if (this.#drain === undefined || this.#queue.bytes >= this.highWaterMark) {
      return;
    }
    this.#drain.resolve();
    this.#drain = undefined;
  }

  readonly #onFailed = (error: unknown): void => {
    this.#isWriting = false;
    this.#queueDirect();
    const { head } = this.#queue;
    // Transferred under the write: the connection goes on, with half a message.
    this.#isTorn = head !== undefined && head.bytes.length < head.end;
    const failure = this.#isTorn
      ? takenAway("write")
      : this.#target.failure(error, "write");
    this.fail(() => failure);
  };

  /** Rejects all that waits, once, and every later write. */
  fail(refusal: Refusal): void {
    this.#refusal = refusal;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queueDirect();
    this.#tail = undefined;
    this.#queue.fail(refusal);
    this.#drain?.reject(refusal());
    this.#drain = undefined;
  }

  /** Refuses later writes, and leaves the queue to be written. */
  refuse(refusal: Refusal): void {
    this.#refusal ??= refusal;
    this.#tail = undefined; // nor is anything added to what is queued
  }

  /**
   * Refuses later writes and rejects pending ones, and leaves what was sent to be
   * written. A write that has begun goes on: half of it would tear the messages
   * around it. A flush that waits for a rejected write rejects as well.
   */
  close(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#tail = undefined;
    this.#queueDirect();
    this.#queue.rejectWrites(refusal, this.#begun);
    this.#settleDrain();
  }

  /** See `TcpConn.drained`. */
  drained(): Promise<void> {
    if (this.#refusal !== undefined) return rejected(this.#refusal());
    if (this.#queue.bytes < this.highWaterMark) return READY;
    if (this.#drain === undefined) {
      this.#drain = Promise.withResolvers();
      this.#drain.promise.catch(ignore);
    }
    return this.#drain.promise;
  }

  /** Resolves when all that is queued now has been written. */
  flush(options?: WaitOptions): Promise<void> {
    // One that only refuses more still has its queue to write.
    if (this.#hasFailed) return Promise.reject(this.#refusal!());
    return waitFor(
      this.settled(),
      options,
      () => this.#target.timeout("flush"),
      undefined,
      this.#target.timers,
    );
  }

  /** As `flush`, but also once later writes are refused. */
  settled(): Promise<void> {
    if (this.isIdle || this.#hasFailed) return READY;
    if (!this.#isWriting) this.#pump();
    this.#queueDirect();
    return this.#queue.settled();
  }
}

function rejected(error: Error): Promise<void> {
  const promise = Promise.reject<void>(error);
  promise.catch(ignore);
  return promise;
}
