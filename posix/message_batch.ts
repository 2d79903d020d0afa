import { checkInteger, lengthOf, showValue } from "../internal/check/mod.ts";
import { refusalOf } from "./_buffer.ts";
import { addressOf } from "./_message.ts";
import { IOVEC, MMSGHDR, MSGHDR } from "./_platform.ts";
import { decode, type Sockaddr, SOCKADDR_SIZE } from "./_sockaddr.ts";
import { MSG_TRUNC } from "./constants.ts";
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

/** For the files of this folder: what libc is given of a batch. */
export interface BatchParts {
  /**
   * The vector of headers.
   *
   * @throws {TypeError} When the memory that it points to was transferred away.
   */
  headers(): Uint8Array<ArrayBuffer>;
  /**
   * Lends it to a call that may wait, until what is returned is called.
   *
   * @throws {TypeError} When another call has it: the second would overwrite what
   * the first received, before anybody has seen it.
   */
  lend(): () => void;
  /** How many datagrams there is room for, whatever a subclass says. */
  readonly capacity: number;
  /** How many datagrams it holds. */
  count(): number;
  /** Whom a datagram is from, or for. */
  nameAt(index: number): SocketName;
  /** Makes room for `most` datagrams to be received. */
  prepare(most: number): void;
  /** Takes note of what was received. */
  received(count: number): void;
  /** Whether its datagrams have addresses, going by the first. */
  hasNames(): boolean;
  /** How many datagrams, from the first on, have the address of their sender. */
  fromSenders(): number;
}

/** For the files of this folder. */
export let partsOf: (batch: MessageBatch) => BatchParts;
/** For the files of this folder: adds a datagram for an address. */
export let addToBatch: (
  batch: MessageBatch,
  bytes: Uint8Array,
  name: Sockaddr | undefined,
) => boolean;

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
  readonly #capacity: number;
  readonly #size: number;
  #length = 0;
  #fromSenders = 0;
  #isLent = false;
  readonly #slab: Uint8Array<ArrayBuffer>;
  readonly #names: Uint8Array<ArrayBuffer>;
  /** The vectors, as bytes for libc and as words for us. */
  readonly #vectors: Uint32Array<ArrayBuffer>;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #parts: BatchParts;

  static {
    partsOf = (batch) => batch.#parts;
    addToBatch = (batch, bytes, name) => batch.#add(bytes, name);
  }

  /**
   * Takes the memory.
   *
   * @throws {RangeError} When the capacity or the size is out of range.
   */
  constructor({ capacity = 64, size = 2048 }: MessageBatchOptions = {}) {
    checkInteger("capacity", capacity, 1, 1024);
    checkInteger("size", size, 1, 65_536);
    this.#capacity = capacity;
    this.#size = size;
    this.#slab = new Uint8Array(capacity * size);
    this.#names = new Uint8Array(capacity * SOCKADDR_SIZE);
    this.#vectors = new Uint32Array(capacity * IOVEC.size / 4);
    this.#headers = new Uint8Array(capacity * MMSGHDR.size);
    this.#words = new Uint32Array(this.#headers.buffer);
    this.#parts = {
      headers: () => {
        this.#requireMemory();
        return this.#headers;
      },
      lend: () => this.#lend(),
      prepare: (most) => this.#prepare(most),
      received: (count) => this.#received(count),
      capacity,
      count: () => this.#length,
      nameAt: (index) => this.#address(index),
      hasNames: () => this.#words[wordOf(0, MSGHDR.nameLength)]! > 0,
      fromSenders: () => Math.min(this.#fromSenders, this.#length),
    };
    const headers = new DataView(this.#headers.buffer);
    const vectors = new DataView(this.#vectors.buffer);
    const slabAt = addressOf(this.#slab);
    const namesAt = addressOf(this.#names);
    const vectorsAt = addressOf(new Uint8Array(this.#vectors.buffer));
    for (let i = 0; i < capacity; i++) {
      const at = i * MMSGHDR.size;
      const nameAt = namesAt + BigInt(i * SOCKADDR_SIZE);
      const vectorAt = vectorsAt + BigInt(i * IOVEC.size);
      headers.setBigUint64(at + MSGHDR.name, nameAt, true);
      headers.setBigUint64(at + MSGHDR.vectors, vectorAt, true);
      headers.setUint32(at + MSGHDR.vectorCount, 1, true);
      const dataAt = slabAt + BigInt(i * size);
      vectors.setBigUint64(i * IOVEC.size + IOVEC.base, dataAt, true);
    }
  }

  /** How many datagrams it can hold. */
  get capacity(): number {
    return this.#capacity;
  }

  /** How many bytes each can have. */
  get size(): number {
    return this.#size;
  }

  /** How many datagrams it holds. */
  get length(): number {
    return this.#length;
  }

  /** What `data` lends can be transferred, and the kernel would not know. */
  #requireMemory(): void {
    if (this.#slab.length > 0) return;
    throw new TypeError("Cannot use the batch: its memory was transferred");
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
    return this.#add(bytes, undefined);
  }

  #add(bytes: Uint8Array, name: Sockaddr | undefined): boolean {
    const refusal = refusalOf(0, bytes);
    if (refusal !== undefined) throw refusal;
    const size = lengthOf(bytes);
    if (size > this.#size) {
      throw new RangeError(
        `Cannot add ${size} bytes: the batch has room for ${this.#size} each`,
      );
    }
    const i = this.#length;
    if (i === this.#capacity) return false;
    this.#requireMemory();
    this.#slab.set(bytes, i * this.#size);
    this.#setLength(i, size);
    if (name !== undefined) this.#names.set(name.bytes, i * SOCKADDR_SIZE);
    this.#words[wordOf(i, MSGHDR.nameLength)] = name?.length ?? 0;
    this.#length++;
    return true;
  }

  #setLength(i: number, length: number): void {
    this.#vectors[(i * IOVEC.size + IOVEC.length) / 4] = length;
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
    this.#length = 0;
    this.#fromSenders = 0;
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
    this.#check(index);
    const at = index * this.#size;
    return this.#slab.subarray(at, at + this.#byteLength(index));
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
    this.#check(index);
    return this.#byteLength(index);
  }

  #byteLength(index: number): number {
    return this.#vectors[(index * IOVEC.size + IOVEC.length) / 4]!;
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
    return this.#address(index);
  }

  #address(index: number): SocketName {
    this.#check(index);
    const length = this.#words[wordOf(index, MSGHDR.nameLength)]!;
    return decode(this.#names, index * SOCKADDR_SIZE, length);
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
    this.#check(index);
    return (this.#words[wordOf(index, MSGHDR.flags)]! & MSG_TRUNC) !== 0;
  }

  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.#length) return;
    throw new RangeError(
      `Cannot use datagram ${
        showValue(index)
      }: the batch holds ${this.#length}`,
    );
  }

  #lend(): () => void {
    if (this.#isLent) {
      throw new TypeError(
        "Cannot use the batch: another call receives into it",
      );
    }
    this.#isLent = true;
    return () => this.#isLent = false;
  }

  #prepare(most: number): void {
    for (let i = 0; i < most; i++) {
      this.#setLength(i, this.#size);
      this.#words[wordOf(i, MSGHDR.nameLength)] = SOCKADDR_SIZE;
    }
    this.#length = 0;
  }

  #received(count: number): void {
    for (let i = 0; i < count; i++) {
      // With MSG_TRUNC it is the real length, which may be more than there is.
      const told = this.#words[wordOf(i, MMSGHDR.length)]!;
      this.#setLength(i, Math.min(told, this.#size));
    }
    this.#length = count;
    this.#fromSenders = count;
  }
}

function wordOf(index: number, field: number): number {
  return (index * MMSGHDR.size + field) / 4;
}
