import { socketError } from "../errors/mod.ts";
import {
  arm,
  checkWait,
  isBounded,
  rejectTraced,
  waitFor,
  type WaitOptions,
} from "../wait/mod.ts";
import {
  giveChunk,
  LARGE_CHUNK,
  SMALL_CHUNK,
  takeChunk,
} from "./_chunk_pool.ts";
import { takenAway } from "./_check.ts";
import type { Refusal } from "./_refusal.ts";

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
}

/** Bytes in the queue: a chunk that `send` fills, or the bytes of one caller. */
interface Entry {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Whether `bytes` is a chunk of the pool. */
  isChunk: boolean;
  /** Whether one write is all that the caller wants. */
  isShort: boolean;
  /** Whether `send` queued it, and so its limit counts it. */
  isSent: boolean;
  settle?: Settle<number>;
  /** Who waits until this, and so all before it, has been written. */
  waiters?: Settle<void>[];
}

interface Settle<T> {
  resolve: (value: T | Promise<never>) => void;
  reject: (error: unknown) => void;
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
  /** How many bytes wait in the queue. */
  queued = 0;
  /** How many of them are of writes, which hold no memory but their callers'. */
  #written = 0;
  /** How many queued bytes make senders wait. */
  readonly highWaterMark: number;

  readonly #target: WriteTarget;
  readonly #queue: Entry[] = [];
  /** The chunk that `send` may append to: always the last entry. */
  #tail: Entry | undefined;
  #isWriting = false;
  /** The size of the write that found all idle and went past the queue. */
  #direct = 0;
  /** Who waits until that write is done. */
  #directWaiters: Settle<void>[] = [];
  #isScheduled = false;
  #seen = 0;
  #hasOverflowed = false;
  /** Why later writes are refused: closed, or failed. */
  #refusal: Refusal | undefined;
  #hasFailed = false;
  #drain: PromiseWithResolvers<void> | undefined;

  constructor(target: WriteTarget, highWaterMark: number) {
    this.#target = target;
    this.highWaterMark = highWaterMark;
  }

  /** Whether nothing waits to be written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#queue.length === 0;
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
    this.queued += size;
    if (!this.#isScheduled && !this.#isWriting) this.#schedule();
    return this.queued < this.highWaterMark ? READY : this.drained();
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
    this.queued += size;
    if (!this.#isScheduled && !this.#isWriting) this.#schedule();
    return this.queued < this.highWaterMark ? READY : this.drained();
  }

  /** How many queued bytes are of messages that were sent. */
  get #sent(): number {
    return this.queued - this.#written;
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
    if (this.#queue.length > 0) this.#hasOverflowed = true;
    const isLarge = this.#hasOverflowed || size > SMALL_CHUNK;
    const bytes = takeChunk(isLarge);
    const tail = {
      bytes,
      start: 0,
      end: 0,
      isChunk: true,
      isShort: false,
      isSent: true,
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
      ? this.#enqueue(bytes, { isShort: false, isSent: true }, undefined)
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
    if (this.queued > this.#seen && this.queued < EAGER_FLUSH) {
      this.#seen = this.queued;
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
    if (isBounded(options)) {
      try {
        checkWait(options);
      } catch (error) {
        return Promise.reject(error);
      }
    } else if (isShort && bytes.length > 0 && this.isIdle) {
      return this.#writeDirect(bytes);
    }
    return this.#enqueue(bytes, { isShort, isSent: false }, options);
  }

  /** The write of a caller who is alone: no queue, and one promise only. */
  #writeDirect(bytes: Uint8Array): Promise<number> {
    this.#isWriting = true;
    this.#direct = bytes.length;
    this.queued += bytes.length;
    this.#written += bytes.length;
    return this.#target.write(bytes)
      .then(this.#onDirect, this.#onDirectFailed);
  }

  readonly #onDirect = (count: number): number => {
    if (!this.#hasFailed) {
      this.queued -= this.#direct;
      this.#written -= this.#direct;
    }
    this.#direct = 0;
    this.#isWriting = false;
    this.bytesWritten += count;
    if (this.#directWaiters.length > 0) {
      for (const waiter of this.#directWaiters.splice(0)) waiter.resolve();
    }
    this.#settleDrain();
    this.#pumpNext();
    return count;
  };

  readonly #onDirectFailed = (error: unknown): never => {
    this.#direct = 0;
    this.#onFailed(error);
    throw this.#refusal!();
  };

  #enqueue(
    bytes: Uint8Array,
    kind: { isShort: boolean; isSent: boolean },
    options: WaitOptions | undefined,
  ): Promise<number> {
    if (bytes.length === 0 && this.isIdle) return Promise.resolve(0);
    this.#tail = undefined;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const entry: Entry = {
      bytes,
      start: 0,
      end: bytes.length,
      isChunk: false,
      isShort: kind.isShort,
      isSent: kind.isSent,
      settle: { resolve, reject },
    };
    this.#queue.push(entry);
    this.queued += bytes.length;
    if (!kind.isSent) this.#written += bytes.length;
    if (isBounded(options)) this.#limit(entry, options!);
    if (!this.#isWriting) this.#pump();
    return promise;
  }

  /**
   * Giving up takes a write out of the queue if it has not begun. One that has
   * is completed in the background, so that the peer never gets half of it.
   */
  #limit(entry: Entry, options: WaitOptions): void {
    const { resolve, reject } = entry.settle!;
    const disarm = arm(
      options,
      () => this.#target.timeout("write"),
      (reason) => {
        const at = this.#queue.indexOf(entry);
        if (at < 0) return;
        if (at > 0 || !this.#isWriting || this.#direct > 0) {
          this.#queue.splice(at, 1);
          this.#uncount(entry, entry.end);
          this.#moveWaiters(entry, this.#queue[at - 1]);
          this.#settleDrain();
        }
        delete entry.settle;
        rejectTraced({ resolve, reject }, reason);
      },
    );
    entry.settle = {
      resolve: (count) => (disarm(), resolve(count)),
      reject: (error) => (disarm(), reject(error)),
    };
  }

  /** Writes the head of the queue. */
  #pump(): void {
    const head = this.#queue[0];
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
    const head = this.#queue[0];
    if (head === undefined) return; // failed by close in the meantime
    head.start += count;
    this.#uncount(head, count);
    this.bytesWritten += count;
    if (head.isShort && head.start < head.end && head.settle !== undefined) {
      this.#uncount(head, head.end - head.start);
      head.end = head.start;
    }
    if (head.start >= head.end) this.#finish(head);
    this.#settleDrain();
    this.#pumpNext();
  };

  readonly #onTakenAway = (): void => {
    const error = takenAway("write");
    const head = this.#queue[0];
    // The peer has half a message, and the rest will never come.
    if (head === undefined || head.start > 0) return this.#onFailed(error);
    this.#isWriting = false;
    this.#queue.shift();
    this.#uncount(head, head.end);
    head.settle?.reject(error);
    this.#moveWaiters(head, undefined);
    this.#settleDrain();
    this.#pumpNext();
  };

  /** Bytes of an entry wait no longer. */
  #uncount(entry: Entry, count: number): void {
    this.queued -= count;
    if (!entry.isSent) this.#written -= count;
  }

  #pumpNext(): void {
    if (this.#queue.length === 0) {
      this.#hasOverflowed = false;
    } else if (this.#queue.length === 1 && this.#queue[0] === this.#tail) {
      if (!this.#isScheduled) this.#schedule(); // let the last chunk fill up
    } else {
      this.#pump();
    }
  }

  #finish(head: Entry): void {
    this.#queue.shift();
    if (head.isChunk) giveChunk(head.bytes);
    head.settle?.resolve(head.end);
    this.#moveWaiters(head, undefined);
  }

  /** What waited for an entry that is gone waits for the one before it, if any. */
  #moveWaiters(entry: Entry, previous: Entry | undefined): void {
    if (entry.waiters === undefined) return;
    if (previous === undefined && this.#direct > 0) {
      this.#directWaiters.push(...entry.waiters);
    } else if (previous === undefined) {
      for (const waiter of entry.waiters) waiter.resolve();
    } else {
      (previous.waiters ??= []).push(...entry.waiters);
    }
  }

  /** Wakes who waits for room. */
  #settleDrain(): void {
    if (this.#drain === undefined || this.queued >= this.highWaterMark) return;
    this.#drain.resolve();
    this.#drain = undefined;
  }

  readonly #onFailed = (error: unknown): void => {
    this.#isWriting = false;
    const failure = this.#target.failure(error, "write");
    this.fail(() => failure);
  };

  /** Rejects all that waits, once, and every later write. */
  fail(refusal: Refusal): void {
    this.#refusal = refusal;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#tail = undefined;
    this.queued = this.#written = 0;
    for (const { settle, waiters } of this.#queue.splice(0)) {
      // A chunk that the kernel may still be reading is not given back.
      settle?.reject(refusal());
      for (const waiter of waiters ?? []) waiter.reject(refusal());
    }
    for (const waiter of this.#directWaiters.splice(0)) {
      waiter.reject(refusal());
    }
    this.#drain?.reject(refusal());
    this.#drain = undefined;
  }

  /** Refuses later writes, and leaves the queue to be written. */
  refuse(refusal: Refusal): void {
    this.#refusal ??= refusal;
    this.#tail = undefined; // nor is anything added to what is queued
  }

  /** See `TcpConn.drained`. */
  drained(): Promise<void> {
    if (this.#refusal !== undefined) return rejected(this.#refusal());
    if (this.queued < this.highWaterMark) return READY;
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
    );
  }

  /** As `flush`, but also once later writes are refused. */
  settled(): Promise<void> {
    if (this.isIdle) return READY;
    if (!this.#isWriting) this.#pump();
    const last = this.#queue.at(-1);
    const waiters = last === undefined
      ? this.#directWaiters
      : last.waiters ??= [];
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  /** Whether a caller's own write is in the queue. */
  get hasPendingWrite(): boolean {
    return this.#direct > 0 ||
      this.#queue.some(({ settle }) => settle !== undefined);
  }
}

function rejected(error: Error): Promise<void> {
  const promise = Promise.reject<void>(error);
  promise.catch(ignore);
  return promise;
}
