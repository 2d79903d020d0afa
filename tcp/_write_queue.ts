import { giveChunk } from "./_chunk_pool.ts";
import type { Refusal } from "./_refusal.ts";

/** A promise of a caller. */
export interface Settle<T> {
  resolve: (value: T | Promise<never>) => void;
  reject: (error: unknown) => void;
}

/** Bytes in the queue: a chunk that `send` fills, or the bytes of one caller. */
export interface Entry {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Whether `bytes` is a chunk of the pool. */
  isChunk: boolean;
  /** Whether one write is all that the caller wants. */
  isShort: boolean;
  /** Whether `send` queued it, and so its limit counts it. */
  isSent: boolean;
  /** The caller's promise, unless it is settled. */
  settle: Settle<number> | undefined;
  /** The callers that wait until this, and so all before it, has been written. */
  waiters: Settle<void>[] | undefined;
}

/** The bytes that wait to be written, in the order of the calls. */
export class WriteQueue {
  /** How many bytes wait. */
  bytes = 0;
  /** How many of them are of writes, which hold no memory but their callers'. */
  written = 0;
  readonly #entries: Entry[] = [];

  /** How many entries there are. */
  get length(): number {
    return this.#entries.length;
  }

  /** The entry that is written next, or being written. */
  get head(): Entry | undefined {
    return this.#entries[0];
  }

  /** Adds an entry at the end, with the bytes that it has. */
  push(entry: Entry): void {
    this.#entries.push(entry);
    this.count(entry.isSent, entry.end - entry.start);
  }

  /** Adds `count` bytes to those that wait, or takes as many off. */
  count(isSent: boolean, count: number): void {
    this.bytes += count;
    if (!isSent) this.written += count;
  }

  /** Takes `count` bytes off the head, which have been written. */
  advance(head: Entry, count: number): void {
    head.start += count;
    this.count(head.isSent, -count);
    const isEnough = head.isShort && head.settle !== undefined;
    if (isEnough && head.start < head.end) {
      this.count(head.isSent, head.start - head.end);
      head.end = head.start;
    }
    if (head.start < head.end) return;
    this.#entries.shift();
    if (head.isChunk) giveChunk(head.bytes);
    head.settle?.resolve(head.end);
    settleWaiters(head);
  }

  /**
   * Takes an entry of which nothing has left out of the queue. The callers that
   * wait for it wait for the entry before it, if there is one.
   */
  remove(entry: Entry): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    this.count(entry.isSent, entry.start - entry.end);
    const previous = this.#entries[at - 1];
    if (previous === undefined) settleWaiters(entry);
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
    this.bytes = this.written = 0;
    for (const { settle, waiters } of this.#entries.splice(0)) {
      // A chunk that the kernel may still be reading is not given back.
      settle?.reject(refusal());
      for (const waiter of waiters ?? []) waiter.reject(refusal());
    }
  }
}

function settleWaiters({ waiters }: Entry): void {
  if (waiters === undefined) return;
  for (const waiter of waiters) waiter.resolve();
}
