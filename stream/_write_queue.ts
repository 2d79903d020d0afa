import {
  Chain,
  defer,
  type Deferred,
  type Link,
} from "../internal/wait/mod.ts";
import { giveChunk, SMALL_CHUNK, takeChunk } from "./_chunk_pool.ts";
import type { Refusal } from "./_refusal.ts";

/**
 * How bytes came into the queue: small messages share a chunk of the pool, and a
 * large message, a `write` and a `writeAll` are the caller's memory. A `write` is
 * satisfied with a part.
 */
export type EntryKind = "chunk" | "message" | "write" | "writeAll";

/** Bytes in the queue: a chunk that `send` fills, or the bytes of one caller. */
export class Entry implements Link<Entry> {
  readonly bytes: Uint8Array;
  readonly kind: EntryKind;
  start = 0;
  end: number;
  /** The caller's promise, unless it is settled. */
  call: Deferred<number> | undefined;
  /** Ends the wait for the caller's signal and timeout. */
  disarm: (() => void) | undefined = undefined;
  /** Settles when this, and so all before it, has been written. */
  flushed: Deferred<void> | undefined = undefined;
  previous: Entry | undefined = undefined;
  next: Entry | undefined = undefined;

  constructor(bytes: Uint8Array, kind: EntryKind, call?: Deferred<number>) {
    this.bytes = bytes;
    this.end = kind === "chunk" ? 0 : bytes.length; // a chunk is yet to be filled
    this.kind = kind;
    this.call = call;
  }

  /** Whether `send` queued it, and so its limit counts it. */
  get isSent(): boolean {
    return this.kind === "chunk" || this.kind === "message";
  }

  /** Leaves the caller's promise to whoever settles it. */
  takeCall(): Deferred<number> | undefined {
    const { call } = this;
    this.call = undefined;
    this.disarm?.();
    return call;
  }
}

/** The bytes that wait to be written, in the order of the calls. */
export class WriteQueue {
  /** How many bytes wait. */
  bytes = 0;
  /** How many of them are of writes, which hold no memory but their callers'. */
  #written = 0;
  readonly #entries = new Chain<Entry>();
  /** The chunk that small messages may be appended to: always the last entry. */
  #tail: Entry | undefined;
  /** Whether chunks came to wait behind others, so that larger ones are used. */
  #hasOverflowed = false;

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.head === undefined;
  }

  /** Whether only a chunk waits that more may be appended to. */
  get isFilling(): boolean {
    return this.head !== undefined && this.head === this.#tail;
  }

  /** How many queued bytes are of messages that were sent. */
  get sent(): number {
    return this.bytes - this.#written;
  }

  /** The entry that is written next, or being written. */
  get head(): Entry | undefined {
    return this.#entries.first;
  }

  /** Adds an entry at the end, with the bytes that it has. */
  push(entry: Entry): void {
    this.#tail = undefined;
    this.#entries.push(entry);
    this.#count(entry, entry.end - entry.start);
  }

  /** Adds `count` bytes to those that wait, or takes as many off. */
  #count(entry: Entry, count: number): void {
    this.bytes += count;
    if (!entry.isSent) this.#written += count;
  }

  /** The last chunk, if `size` more bytes fit into it. */
  tailFor(size: number): Entry | undefined {
    const tail = this.#tail;
    return tail !== undefined && tail.bytes.length - tail.end >= size
      ? tail
      : undefined;
  }

  /** Adds a chunk that `size` bytes fit into. */
  addTail(size: number): Entry {
    if (!this.isEmpty) this.#hasOverflowed = true;
    const isLarge = this.#hasOverflowed || size > SMALL_CHUNK;
    const tail = new Entry(takeChunk(isLarge), "chunk");
    this.push(tail);
    return this.#tail = tail;
  }

  /** `size` bytes were written to the end of the last chunk. */
  extend(tail: Entry, size: number): void {
    tail.end += size;
    this.bytes += size;
  }

  /** Copies a small message to the end of the last chunk, and the rest into a new one. */
  append(bytes: Uint8Array): void {
    const tail = this.#tail;
    const room = tail === undefined ? 0 : tail.bytes.length - tail.end;
    const head = bytes.subarray(0, room);
    if (head.length > 0) {
      tail!.bytes.set(head, tail!.end);
      this.extend(tail!, head.length);
    }
    const rest = bytes.subarray(head.length);
    const next = this.addTail(rest.length);
    next.bytes.set(rest, 0);
    this.extend(next, rest.length);
  }

  /** Lets nothing more be appended to what is queued. */
  seal(): void {
    this.#tail = undefined;
  }

  /** Takes `count` bytes off the head, which have been written. */
  advance(head: Entry, count: number): void {
    head.start += count;
    this.#count(head, -count);
    if (head.kind === "write" && head.call !== undefined) {
      this.#count(head, head.start - head.end);
      head.end = head.start;
    }
    if (head.start < head.end) return;
    this.#entries.remove(head);
    if (this.isEmpty) this.#hasOverflowed = false;
    if (head.kind === "chunk") giveChunk(head.bytes);
    head.takeCall()?.resolve(head.end);
    head.flushed?.resolve();
  }

  /**
   * Takes an entry of which nothing has left out of the queue. The callers that
   * wait for it wait for the entry before it, if there is one.
   */
  remove(entry: Entry): void {
    this.#entries.remove(entry);
    this.#count(entry, entry.start - entry.end);
    const { flushed, previous } = entry;
    if (flushed === undefined) return;
    flushed.resolve(
      previous === undefined ? undefined : this.#flushed(previous),
    );
  }

  /** Resolves when all that is queued now has been written. */
  settled(): Promise<void> {
    return this.#flushed(this.#entries.last!);
  }

  #flushed(entry: Entry): Promise<void> {
    return (entry.flushed ??= defer()).promise;
  }

  /**
   * Rejects the writes that are pending, and takes out those that have not
   * `begun`. A caller that waits for one of them is rejected as well.
   */
  rejectWrites(refusal: Refusal, begun: Entry | undefined): void {
    let isRejected = false;
    let next: Entry | undefined;
    for (let entry = this.head; entry !== undefined; entry = next) {
      next = entry.next;
      if (!entry.isSent && entry.call !== undefined) {
        isRejected = true;
        entry.takeCall()?.reject(refusal());
      }
      if (isRejected) {
        entry.flushed?.reject(refusal());
        entry.flushed = undefined;
      }
      if (!entry.isSent && entry !== begun) this.remove(entry);
    }
  }

  /** Drops all entries, and rejects all callers. */
  fail(refusal: Refusal): void {
    // A chunk that the kernel may still be reading is not given back.
    for (let { head } = this; head !== undefined; head = head.next) {
      head.takeCall()?.reject(refusal());
      head.flushed?.reject(refusal());
    }
    this.#entries.first = this.#entries.last = undefined;
    this.bytes = this.#written = 0;
    this.#tail = undefined;
  }
}
