import { socketError } from "../errors/mod.ts";
import { takenAway } from "../internal/check/mod.ts";
import {
  arm,
  checkWait,
  defer,
  type Deferred,
  rejectTraced,
  type Timers,
  type Wait,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { LARGE_CHUNK } from "./_chunk_pool.ts";
import type { ConnErrors } from "./_conn_errors.ts";
import type { Refusal } from "./_refusal.ts";
import type { StreamTransport } from "./_transport.ts";
import { Entry, type EntryKind, WriteQueue } from "./_write_queue.ts";

/** A flush waits for more as long as more comes, up to this many bytes. */
const EAGER_FLUSH = 32 * 1024;
/** From this size on, `send` passes bytes on as they are instead of copying. */
const PASS_THROUGH = 64 * 1024;
/** How many times the high-water mark `send` accepts from a caller who never waits. */
const HARD_LIMIT = 64;

/** The most bytes that UTF-8 takes for one unit of a string. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();
const READY: Promise<void> = Promise.resolve();
const ignore = () => {};

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

  readonly #transport: StreamTransport;
  readonly #errors: ConnErrors;
  readonly #timers: Timers;
  readonly #queue = new WriteQueue();
  #isWriting = false;
  #isScheduled = false;
  #seen = 0;
  /** Why later writes are refused: closed, or failed. */
  #refusal: Refusal | undefined;
  #hasFailed = false;
  #isTorn = false;
  #drain: Deferred<void> | undefined;

  constructor(
    transport: StreamTransport,
    errors: ConnErrors,
    timers: Timers,
    highWaterMark: number,
  ) {
    this.#transport = transport;
    this.#errors = errors;
    this.#timers = timers;
    this.highWaterMark = highWaterMark;
  }

  /** How many bytes wait in the queue. */
  get queued(): number {
    return this.#queue.bytes;
  }

  /** Whether nothing waits to be written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#queue.isEmpty;
  }

  /**
   * Whether bytes that were accepted have not left, so that the peer must not read
   * an orderly end. After a failure of the connection there is no end to read.
   */
  get owesBytes(): boolean {
    return this.#hasFailed ? this.#isTorn : !this.isIdle;
  }

  /** Queues a message; see `SendingConn.send`. */
  send(bytes: Uint8Array): Promise<void> {
    const size = bytes.length;
    const isSmall = size < PASS_THROUGH;
    const tail = isSmall ? this.#queue.tailFor(size) : undefined;
    if (tail !== undefined) {
      tail.bytes.set(bytes, tail.end);
      return this.commit(tail, size);
    }
    const fault = this.#refusal?.() ?? this.#overflow(size);
    if (fault !== undefined) return quiet(Promise.reject(fault));
    if (!isSmall) { // not copied, so that the promise waits until it is written
      return quiet(this.#enqueue(bytes, "message", undefined).then(ignore));
    }
    if (size > 0) this.#queue.append(bytes);
    return this.#accepted();
  }

  /** Queues a text as UTF-8: a small one is encoded straight into the last chunk. */
  sendText(text: string): Promise<void> {
    const most = text.length * BYTES_PER_UNIT;
    const tail = most === 0 ? undefined : this.reserve(most);
    if (tail === undefined) return this.send(encoder.encode(text));
    const room = tail.bytes.subarray(tail.end);
    return this.commit(tail, encoder.encodeInto(text, room).written);
  }

  /**
   * Returns the chunk to which a codec may write a small message of its own making,
   * at `end`, instead of `send`ing it; `commit` then says how long it became.
   * Undefined if the message does not fit a chunk, or nothing may be sent.
   */
  reserve(size: number): Entry | undefined {
    const tail = this.#queue.tailFor(size);
    if (tail !== undefined) return tail;
    const isRefused = this.#refusal !== undefined || size > LARGE_CHUNK ||
      this.#queue.sent + size > this.highWaterMark * HARD_LIMIT;
    return isRefused ? undefined : this.#queue.addTail(size);
  }

  /** Sends what was written to the chunk that `reserve` returned. */
  commit(tail: Entry, size: number): Promise<void> {
    this.#queue.extend(tail, size);
    return this.#accepted();
  }

  /** Has what was accepted leave, and waits if too much has. */
  #accepted(): Promise<void> {
    if (!this.#isScheduled && !this.#isWriting) this.#schedule();
    return this.#queue.bytes < this.highWaterMark ? READY : this.drained();
  }

  /** Returns the error of a message that is too much for the queue. */
  #overflow(size: number): Error | undefined {
    const { sent } = this.#queue;
    // One message may be of any size. The sender of the next has not waited.
    const isWelcome = size === 0 || sent < this.highWaterMark ||
      sent + size <= this.highWaterMark * HARD_LIMIT;
    return isWelcome ? undefined : socketError("ENOBUFS", {
      action: `send ${size} bytes`,
      syscall: "send",
      reason: `${sent} bytes are queued; wait for send() or drained()`,
    });
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
    kind: "write" | "writeAll",
    options: WaitOptions | undefined,
  ): Promise<number> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal());
    try {
      return this.#enqueue(bytes, kind, checkWait(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #enqueue(
    bytes: Uint8Array,
    kind: EntryKind,
    wait: Wait | undefined,
  ): Promise<number> {
    if (bytes.length === 0 && this.isIdle) return Promise.resolve(0);
    const call = defer<number>();
    const entry = new Entry(bytes, kind, call);
    this.#queue.push(entry);
    if (wait !== undefined) this.#limit(entry, wait);
    if (!this.#isWriting) this.#pump();
    return call.promise;
  }

  /**
   * Cancelling takes a write out of the queue if it has not begun. One that has
   * is completed in the background, so that the peer never gets half of it.
   */
  #limit(entry: Entry, wait: Wait): void {
    entry.disarm = arm(
      wait,
      () => this.#errors.timeout("write"),
      (reason) => {
        if (entry !== this.#begun) this.#remove(entry);
        rejectTraced(entry.takeCall()!, reason);
      },
      this.#timers,
    );
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
    const queue = this.#queue;
    const { head } = queue;
    if (head === undefined || this.#isWriting) return;
    if (queue.isFilling) queue.seal(); // the kernel is at it now
    this.#isWriting = true;
    const { bytes, start, end } = head;
    const isWhole = start === 0 && end === bytes.length;
    if (bytes.length < end) { // transferred, and no part of it can be sent
      return queueMicrotask(this.#onTakenAway);
    }
    this.#transport.write(isWhole ? bytes : bytes.subarray(start, end))
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
    head.takeCall()?.reject(takenAway("write"));
    this.#pumpNext();
  };

  #pumpNext(): void {
    if (!this.#queue.isFilling) this.#pump();
    else if (!this.#isScheduled) this.#schedule(); // let the last chunk fill up
  }

  /** Wakes the callers that wait for room. */
  #settleDrain(): void {
    if (this.#drain === undefined || this.#queue.bytes >= this.highWaterMark) {
      return;
    }
    this.#drain.resolve();
    this.#drain = undefined;
  }

  readonly #onFailed = (error: unknown): void => {
    this.#isWriting = false;
    const { head } = this.#queue;
    // Transferred under the write: the connection goes on, with half a message.
    this.#isTorn = head !== undefined && head.bytes.length < head.end;
    const failure = this.#isTorn
      ? takenAway("write")
      : this.#errors.failure(error, "write");
    this.fail(() => failure);
  };

  /** Rejects all that waits, once, and every later write. */
  fail(refusal: Refusal): void {
    this.#refusal = refusal;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue.fail(refusal);
    this.#drain?.reject(refusal());
    this.#drain = undefined;
  }

  /** Refuses later writes, and leaves the queue to be written. */
  refuse(refusal: Refusal): void {
    this.#refusal ??= refusal;
    this.#queue.seal(); // nor is anything added to what is queued
  }

  /**
   * Refuses later writes and rejects pending ones, and leaves what was sent to be
   * written. A write that has begun goes on: half of it would tear the messages
   * around it. A flush that waits for a rejected write rejects as well.
   */
  close(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#queue.seal();
    this.#queue.rejectWrites(refusal, this.#begun);
    this.#settleDrain();
  }

  /** See `SendingConn.drained`. */
  drained(): Promise<void> {
    if (this.#refusal !== undefined) {
      return quiet(Promise.reject(this.#refusal()));
    }
    if (this.#queue.bytes < this.highWaterMark) return READY;
    if (this.#drain === undefined) {
      this.#drain = defer();
      quiet(this.#drain.promise);
    }
    return this.#drain.promise;
  }

  /** Resolves when all that is queued now has been written. */
  flush(options?: WaitOptions): Promise<void> {
    // A writer that only refuses more still has its queue to write.
    if (this.#errors.isClosed || this.#hasFailed) {
      return Promise.reject(this.#refusal!());
    }
    return waitFor(
      this.settled(),
      options,
      () => this.#errors.timeout("flush"),
      undefined,
      this.#timers,
    );
  }

  /** As `flush`, but also once later writes are refused. */
  settled(): Promise<void> {
    if (this.isIdle || this.#hasFailed) return READY;
    if (!this.#isWriting) this.#pump();
    return this.#queue.settled();
  }
}

/** Lets the promise be ignored: the calls that follow report a failure, too. */
function quiet(promise: Promise<void>): Promise<void> {
  promise.catch(ignore);
  return promise;
}
