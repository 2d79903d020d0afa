import { giveChunk, SMALL_CHUNK, takeChunk } from "./_chunk_pool.ts";
import type { Refusal } from "./_refusal.ts";

/** A promise of a caller. */
export interface Settle<T> {
  resolve: (value: T | Promise<never>) => void;
  reject: (error: unknown) => void;
}

/**
 * How bytes came into the queue: small messages share a chunk of the pool, and a
 * large message, a `write` and a `writeAll` are the caller's memory. A `write` is
 * satisfied with a part.
 */
export type EntryKind = "chunk" | "message" | "write" | "writeAll";

/** Bytes in the queue: a chunk that `send` fills, or the bytes of one caller. */
export class Entry {
  readonly bytes: Uint8Array;
  readonly kind: EntryKind;
  start = 0;
  end: number;
  /** The caller's promise, unless it is settled. */
  settle: Settle<number> | undefined;
  /** The callers that wait until this, and so all before it, has been written. */
  waiters: Settle<void>[] | undefined = undefined;

  constructor(
    bytes: Uint8Array,
    end: number,
    kind: EntryKind,
    settle?: Settle<number>,
  ) {
    this.bytes = bytes;
    this.end = end;
    this.kind = kind;
    this.settle = settle;
  }

  /** Whether `send` queued it, and so its limit counts it. */
  get isSent(): boolean {
    return this.kind === "chunk" || this.kind === "message";
  }

  /** Resolves the callers that wait for it. */
  resolveWaiters(): void {
    if (this.waiters === undefined) return;
    for (const waiter of this.waiters) waiter.resolve();
  }
}

/** The bytes that wait to be written, in the order of the calls. */
export class WriteQueue {
  /** How many bytes wait. */
  bytes = 0;
  /** How many of them are of writes, which hold no memory but their callers'. */
  #written = 0;
  readonly #entries: Entry[] = [];
  /** The chunk that small messages may be appended to: always the last entry. */
  #tail: Entry | undefined;
  /** Whether chunks came to wait behind others, so that larger ones are used. */
  #hasOverflowed = false;

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether only a chunk waits that more may be appended to. */
  get isFilling(): boolean {
    return this.#entries.length === 1 && this.#entries[0] === this.#tail;
  }

  /** How many queued bytes are of messages that were sent. */
  get sent(): number {
    return this.bytes - this.#written;
  }

  /** The entry that is written next, or being written. */
  get head(): Entry | undefined {
    return this.#entries[0];
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
    const tail = new Entry(takeChunk(isLarge), 0, "chunk");
    this.push(tail);
    return this.#tail = tail;
  }

  /** Copies a small message to the end of the last chunk, and the rest into a new one. */
  append(bytes: Uint8Array): void {
    const tail = this.#tail;
    const head = tail === undefined
      ? 0
      : Math.min(tail.bytes.length - tail.end, bytes.length);
    if (head > 0) {
      tail!.bytes.set(bytes.subarray(0, head), tail!.end);
      tail!.end += head;
    }
    const next = this.addTail(bytes.length - head);
    next.bytes.set(bytes.subarray(head), 0);
    next.end = bytes.length - head;
    this.bytes += bytes.length;
  }

  /** Lets nothing more be appended to what is queued. */
  seal(): void {
    this.#tail = undefined;
  }

  /** Takes `count` bytes off the head, which have been written. */
  advance(head: Entry, count: number): void {
    head.start += count;
    this.#count(head, -count);
    if (head.kind === "write" && head.settle !== undefined) {
      this.#count(head, head.start - head.end);
      head.end = head.start;
    }
    if (head.start < head.end) return;
    this.#entries.shift();
    if (this.isEmpty) this.#hasOverflowed = false;
    if (head.kind === "chunk") giveChunk(head.bytes);
    head.settle?.resolve(head.end);
    head.resolveWaiters();
  }

  /**
   * Takes an entry of which nothing has left out of the queue. The callers that
   * wait for it wait for the entry before it, if there is one.
   */
  remove(entry: Entry): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    this.#count(entry, entry.start - entry.end);
    const previous = this.#entries[at - 1];
    if (previous === undefined) entry.resolveWaiters();
    else if (entry.waiters !== undefined) {
      (previous.waiters ??= []).push(...entry.waiters);
    }
  }

  /** Resolves when all that is queued now has been written. */
  settled(): Promise<void> {
    const waiters = this.#entries.at(-1)!.waiters ??= [];
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  /**
   * Rejects the writes that are pending, and takes out those that have not
   * `begun`. A caller that waits for one of them is rejected as well.
   */
  rejectWrites(refusal: Refusal, begun: Entry | undefined): void {
    let isRejected = false;
    for (const entry of [...this.#entries]) {
      const { settle, waiters = [] } = entry;
      if (!entry.isSent && settle !== undefined) {
        isRejected = true;
        entry.settle = undefined;
        settle.reject(refusal());
      }
      if (isRejected) {
        entry.waiters = undefined;
        for (const waiter of waiters) waiter.reject(refusal());
      }
      if (!entry.isSent && entry !== begun) this.remove(entry);
    }
  }

  /** Drops all entries, and rejects all callers. */
  fail(refusal: Refusal): void {
    this.bytes = this.#written = 0;
    this.#tail = undefined;
    for (const { settle, waiters } of this.#entries.splice(0)) {
      // A chunk that the kernel may still be reading is not given back.
      settle?.reject(refusal());
      for (const waiter of waiters ?? []) waiter.reject(refusal());
    }
  }
}
