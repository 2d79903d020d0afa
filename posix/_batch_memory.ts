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
  /** How many have addresses of senders, which nobody has checked. */
  #fromSenders = 0;
  #isLent = false;
  /** Room for datagrams, names, a `struct iovec` and a `struct mmsghdr` each. */
  readonly #slab: Uint8Array<ArrayBuffer>;
  readonly #names: Uint8Array<ArrayBuffer>;
  readonly #vectors: Uint32Array<ArrayBuffer>;
  readonly #headers: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(capacity: number, size: number) {
    this.capacity = capacity;
    this.size = size;
    this.#slab = new Uint8Array(capacity * size);
    this.#names = new Uint8Array(capacity * SOCKADDR_SIZE);
    this.#vectors = new Uint32Array(capacity * IOVEC.size / 4);
    this.#headers = new Uint8Array(capacity * MMSGHDR.size);
    this.#words = new Uint32Array(this.#headers.buffer);
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
    this.#words[wordOf(i, MSGHDR.nameLength)] = name?.length ?? 0;
    this.length++;
    return true;
  }

  clear(): void {
    this.length = this.#fromSenders = 0;
  }

  /** @throws {RangeError} When there is no such datagram. */
  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return;
    throw new RangeError(
      `Cannot use datagram ${showValue(index)}: the batch holds ${this.length}`,
    );
  }

  #setLength(i: number, length: number): void {
    this.#vectors[(i * IOVEC.size + IOVEC.length) / 4] = length;
  }

  lengthAt(index: number): number {
    this.#check(index);
    return this.#vectors[(index * IOVEC.size + IOVEC.length) / 4]!;
  }

  data(index: number): Uint8Array<ArrayBuffer> {
    const length = this.lengthAt(index);
    const at = index * this.size;
    return this.#slab.subarray(at, at + length);
  }

  address(index: number): SocketName {
    this.#check(index);
    const length = this.#words[wordOf(index, MSGHDR.nameLength)]!;
    return decode(this.#names, index * SOCKADDR_SIZE, length);
  }

  isTruncated(index: number): boolean {
    this.#check(index);
    return (this.#words[wordOf(index, MSGHDR.flags)]! & MSG_TRUNC) !== 0;
  }

  /** Whether the datagrams have addresses, and need no connection. */
  get hasNames(): boolean {
    return this.#words[wordOf(0, MSGHDR.nameLength)]! > 0;
  }

  /** How many datagrams go back to senders: the first ones. */
  get fromSenders(): number {
    return Math.min(this.#fromSenders, this.length);
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

  /** C's `sendmmsg` for some datagrams; undefined where there is no room yet. */
  sendNow(
    fd: number,
    from: number,
    end: number,
    flags: number,
  ): number | undefined {
    requireLinux("sendmmsg");
    if (!(Number.isInteger(from) && from >= 0 && from <= this.length)) {
      throw new RangeError(
        `Cannot send from datagram ${
          showValue(from)
        } on: the batch holds ${this.length}`,
      );
    }
    const asked = callFlags(flags | MSG_NOSIGNAL);
    this.#requireMemory();
    const headers = this.#headers.subarray(from * MMSGHDR.size);
    const count = loadLibc().sendmmsg(fd, headers, end - from, asked);
    return count === -1 ? mustWait("send datagrams", "sendmmsg") : count;
  }

  /** C's `recvmmsg`; undefined where there is nothing yet. */
  receiveNow(fd: number, flags: number): number | undefined {
    requireLinux("recvmmsg");
    const asked = callFlags(flags);
    this.#requireMemory();
    for (let i = 0; i < this.capacity; i++) {
      this.#setLength(i, this.size);
      this.#words[wordOf(i, MSGHDR.nameLength)] = SOCKADDR_SIZE;
    }
    this.length = 0;
    const { recvmmsg } = loadLibc();
    const count = recvmmsg(fd, this.#headers, this.capacity, asked, null);
    if (count === -1) return mustWait("receive datagrams", "recvmmsg");
    for (let i = 0; i < count; i++) {
      // With MSG_TRUNC it is the real length, which may be more than there is.
      const told = this.#words[wordOf(i, MMSGHDR.length)]!;
      this.#setLength(i, Math.min(told, this.size));
    }
    return this.length = this.#fromSenders = count;
  }
}

/** Where a field of a `struct mmsghdr` is, in 32-bit words. */
function wordOf(index: number, field: number): number {
  return (index * MMSGHDR.size + field) / 4;
}

function requireLinux(syscall: string): void {
  if (IS_LINUX) return;
  throw socketError("ENOTSUP", {
    action: "move a batch",
    syscall,
    reason: "only Linux has sendmmsg and recvmmsg; send and receive one by one",
  });
}
