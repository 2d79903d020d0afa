import { showValue } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkBuffer } from "./_buffers.ts";
import { MSG_NOSIGNAL, MSG_TRUNC } from "./constants.ts";
import { mustWait } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { addressOf } from "./_message.ts";
import { IOVEC, IS_LINUX, MMSGHDR, MSGHDR } from "./_platform.ts";
import { decode, type Sockaddr, SOCKADDR_SIZE } from "./_sockaddr.ts";
import type { SocketName } from "./socket_name.ts";
import { callFlags } from "./_calls.ts";

/** The memory of a batch, as `sendmmsg` and `recvmmsg` take it. */
export class BatchMemory {
  readonly capacity: number;
  readonly size: number;
  /** How many datagrams there are. */
  length = 0;
  /** How many, from the first on, have addresses of senders that are not checked yet. */
  fromSenders = 0;
  /** Room for datagrams, names, a `struct iovec` and a `struct mmsghdr` each. */
  readonly #slab: Uint8Array<ArrayBuffer>;
  readonly #names: Uint8Array<ArrayBuffer>;
  readonly #vectors: Uint32Array<ArrayBuffer>;
  readonly #headers: Uint32Array<ArrayBuffer>;
  #isLent = false;

  constructor(capacity: number, size: number) {
    this.capacity = capacity;
    this.size = size;
    this.#slab = new Uint8Array(capacity * size);
    this.#names = new Uint8Array(capacity * SOCKADDR_SIZE);
    const vectors = new BigUint64Array(capacity * IOVEC.size / 8);
    const headers = new BigUint64Array(capacity * MMSGHDR.size / 8);
    this.#vectors = new Uint32Array(vectors.buffer);
    this.#headers = new Uint32Array(headers.buffer);
    const slabAt = addressOf(this.#slab);
    const namesAt = addressOf(this.#names);
    const vectorsAt = addressOf(new Uint8Array(vectors.buffer));
    for (let i = 0; i < capacity; i++) {
      const at = i * MMSGHDR.size;
      const vectorAt = i * IOVEC.size;
      headers[(at + MSGHDR.name) / 8] = namesAt + BigInt(i * SOCKADDR_SIZE);
      headers[(at + MSGHDR.vectors) / 8] = vectorsAt + BigInt(vectorAt);
      headers[(at + MSGHDR.vectorCount) / 8] = 1n;
      vectors[(vectorAt + IOVEC.base) / 8] = slabAt + BigInt(i * size);
    }
  }

  /** What `data` lends can be transferred, and the kernel would not know. */
  #requireMemory(): void {
    if (this.#slab.length > 0) return;
    throw new TypeError("Cannot use the batch: its memory was transferred");
  }

  /** Copies a datagram, for an address; false if there is no room. */
  add(bytes: Uint8Array, name: Sockaddr | undefined): boolean {
    const size = checkBuffer(bytes);
    if (size > this.size) {
      throw new RangeError(
        `Cannot add ${size} bytes: the batch has room for ${this.size} each`,
      );
    }
    const i = this.length;
    if (i === this.capacity) return false;
    this.#requireMemory();
    this.#slab.set(bytes, i * this.size);
    this.#setLength(i, size);
    if (name !== undefined) this.#names.set(name, i * SOCKADDR_SIZE);
    this.#headers[wordOf(i, MSGHDR.nameLength)] = name?.length ?? 0;
    this.length++;
    return true;
  }

  clear(): void {
    this.length = this.fromSenders = 0;
  }

  #setLength(i: number, length: number): void {
    this.#vectors[(i * IOVEC.size + IOVEC.length) / 4] = length;
  }

  lengthAt(i: number): number {
    return this.#vectors[(i * IOVEC.size + IOVEC.length) / 4]!;
  }

  data(i: number): Uint8Array<ArrayBuffer> {
    const at = i * this.size;
    return this.#slab.subarray(at, at + this.lengthAt(i));
  }

  address(i: number): SocketName {
    const length = this.#headers[wordOf(i, MSGHDR.nameLength)]!;
    return decode(this.#names, i * SOCKADDR_SIZE, length);
  }

  isTruncated(i: number): boolean {
    return (this.#headers[wordOf(i, MSGHDR.flags)]! & MSG_TRUNC) !== 0;
  }

  /** Whether the datagrams have addresses, and need no connection. */
  get hasNames(): boolean {
    return this.#headers[wordOf(0, MSGHDR.nameLength)]! > 0;
  }

  /**
   * Keeps other calls from receiving into it until the function returned is called:
   * they would overwrite datagrams that nobody has seen.
   *
   * @throws {TypeError} When another call receives into it.
   */
  lend(): () => void {
    if (this.#isLent) {
      throw new TypeError(
        "Cannot use the batch: another call receives into it",
      );
    }
    this.#isLent = true;
    return () => this.#isLent = false;
  }

  /** Returns the flags for a call of C on the memory. */
  #begin(syscall: string, flags: number): number {
    if (!IS_LINUX) {
      throw socketError("ENOTSUP", {
        action: "move a batch",
        syscall,
        reason:
          "only Linux has sendmmsg and recvmmsg; send and receive one by one",
      });
    }
    const asked = callFlags(flags);
    this.#requireMemory();
    return asked;
  }

  /** C's `sendmmsg` for some datagrams; undefined where there is no room yet. */
  sendNow(
    fd: number,
    from: number,
    end: number,
    flags: number,
  ): number | undefined {
    const asked = this.#begin("sendmmsg", flags | MSG_NOSIGNAL);
    if (!(Number.isInteger(from) && from >= 0 && from <= this.length)) {
      throw new RangeError(
        `Cannot send from datagram ${
          showValue(from)
        } on: the batch holds ${this.length}`,
      );
    }
    const headers = this.#headers.subarray(wordOf(from, 0));
    const count = loadLibc().sendmmsg(fd, headers, end - from, asked);
    return count === -1 ? mustWait("send datagrams", "sendmmsg") : count;
  }

  /** C's `recvmmsg`; undefined where there is nothing yet. */
  receiveNow(fd: number, flags: number): number | undefined {
    const asked = this.#begin("recvmmsg", flags);
    for (let i = 0; i < this.capacity; i++) {
      this.#setLength(i, this.size);
      this.#headers[wordOf(i, MSGHDR.nameLength)] = SOCKADDR_SIZE;
    }
    this.clear();
    const { recvmmsg } = loadLibc();
    const count = recvmmsg(fd, this.#headers, this.capacity, asked, null);
    if (count === -1) return mustWait("receive datagrams", "recvmmsg");
    for (let i = 0; i < count; i++) {
      // With MSG_TRUNC it is the real length, which may be more than there is.
      const length = this.#headers[wordOf(i, MMSGHDR.length)]!;
      this.#setLength(i, Math.min(length, this.size));
    }
    return this.length = this.fromSenders = count;
  }
}

/** Where a field of a `struct mmsghdr` is, in 32-bit words. */
function wordOf(index: number, field: number): number {
  return (index * MMSGHDR.size + field) / 4;
}
