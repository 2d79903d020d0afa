import { checkInteger, showValue } from "../internal/check/mod.ts";
import { BatchMemory } from "./_batch_memory.ts";
import type { SocketName } from "./socket_name.ts";

/** How much room a batch has. */
export interface MessageBatchOptions {
  /**
   * How many datagrams, 1 to 1024.
   *
   * @default {64}
   */
  capacity?: number | undefined;
  /**
   * How many bytes each, 1 to 65536; what is received beyond loses its end.
   *
   * @default {2048}
   */
  size?: number | undefined;
}

/** For the files of this folder: the memory, whatever a subclass says. */
export let memoryOf: (batch: MessageBatch) => BatchMemory;

/**
 * Datagrams that go to the kernel, or come from it, in one call: the vectors of
 * C's `sendmmsg` and `recvmmsg`, with all memory that they need. Made once and
 * used again and again, it costs no memory for each datagram.
 *
 * @example A batch of two
 * ```ts
 * import { MessageBatch } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * const batch = new MessageBatch({ capacity: 2, size: 16 });
 * batch.push(new Uint8Array([1, 2, 3]));
 * batch.push(new Uint8Array([4]));
 * assertEquals(batch.length, 2);
 * assertEquals(batch.data(1), new Uint8Array([4]));
 * ```
 */
export class MessageBatch {
  readonly #memory: BatchMemory;

  static {
    memoryOf = (batch) => batch.#memory;
  }

  /**
   * Takes the memory.
   *
   * @throws {RangeError} When the capacity or the size is out of range.
   */
  constructor({ capacity = 64, size = 2048 }: MessageBatchOptions = {}) {
    checkInteger("capacity", capacity, 1, 1024);
    checkInteger("size", size, 1, 65_536);
    this.#memory = new BatchMemory(capacity, size);
  }

  /** How many datagrams it can hold. */
  get capacity(): number {
    return this.#memory.capacity;
  }

  /** How many bytes each can have. */
  get size(): number {
    return this.#memory.size;
  }

  /** How many datagrams it holds. */
  get length(): number {
    return this.#memory.length;
  }

  /**
   * Adds a copy of a datagram; false where there is no room for it.
   *
   * @throws {RangeError} When it is larger than `size`.
   *
   * @example Until there is no room
   * ```ts
   * import { MessageBatch } from "@berkeley/sockets/posix";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * const batch = new MessageBatch({ capacity: 1, size: 16 });
   * assertEquals(batch.push(new Uint8Array(16)), true);
   * assertEquals(batch.push(new Uint8Array(1)), false);
   * assertThrows(() => batch.push(new Uint8Array(17)), RangeError);
   * ```
   */
  push(bytes: Uint8Array): boolean {
    return this.#memory.add(bytes, undefined);
  }

  /**
   * Forgets all datagrams.
   *
   * @example The same memory for the next datagrams
   * ```ts
   * import { MessageBatch } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const batch = new MessageBatch({ capacity: 1 });
   * batch.push(new Uint8Array([1]));
   * batch.clear();
   * assertEquals(batch.length, 0);
   * assertEquals(batch.push(new Uint8Array([2])), true);
   * ```
   */
  clear(): void {
    this.#memory.clear();
  }

  /**
   * The bytes of a datagram, lent: they change with the next call that fills it.
   *
   * @throws {RangeError} When the batch has no such datagram.
   *
   * @example To keep it, copy it
   * ```ts
   * import { MessageBatch } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const batch = new MessageBatch();
   * batch.push(new Uint8Array([1, 2]));
   * const lent = batch.data(0);
   * const own = lent.slice();
   * batch.clear();
   * batch.push(new Uint8Array([8, 9]));
   * assertEquals([own[0], lent[0]], [1, 8]);
   * ```
   */
  data(index: number): Uint8Array<ArrayBuffer> {
    return this.#with(index).data(index);
  }

  /**
   * How many bytes a datagram has, without a view of them.
   *
   * @throws {RangeError} When the batch has no such datagram.
   *
   * @example How much of a datagram there is
   * ```ts
   * import { MessageBatch } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const batch = new MessageBatch();
   * batch.push(new Uint8Array(100));
   * assertEquals(batch.lengthAt(0), 100);
   * ```
   */
  lengthAt(index: number): number {
    return this.#with(index).lengthAt(index);
  }

  /**
   * Whom a received datagram is from, or one that was added is for.
   *
   * @throws {RangeError} When the batch has no such datagram.
   *
   * @example From whom each is
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * await a.sendTo(new Uint8Array([7]), b.getSockName());
   * const batch = new MessageBatch();
   * await b.recvMany(batch);
   * assertEquals(batch.address(0), a.getSockName());
   * ```
   */
  address(index: number): SocketName {
    return this.#with(index).address(index);
  }

  /**
   * Whether a received datagram was longer than `size`.
   *
   * @throws {RangeError} When the batch has no such datagram.
   *
   * @example A datagram that did not fit
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * await a.sendTo(new Uint8Array(100), b.getSockName());
   * const batch = new MessageBatch({ size: 10 });
   * await b.recvMany(batch);
   * assertEquals([batch.data(0).length, batch.isTruncated(0)], [10, true]);
   * ```
   */
  isTruncated(index: number): boolean {
    return this.#with(index).isTruncated(index);
  }

  /** The memory, with a datagram that is there. */
  #with(index: number): BatchMemory {
    const memory = this.#memory;
    if (Number.isInteger(index) && index >= 0 && index < memory.length) {
      return memory;
    }
    throw new RangeError(
      `Cannot use datagram ${
        showValue(index)
      }: the batch holds ${memory.length}`,
    );
  }
}
