import {
  lengthOf,
  memoryOf,
  showValue,
  viewFrom,
} from "../internal/check/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The true length of a buffer as far as one call can move it: less than 2 GiB. */
export function countOf(buffer: Uint8Array): number {
  return Math.min(lengthOf(buffer), 2 ** 31 - 1);
}

/**
 * Returns the flags of a call, checked before it reads a length: else their valueOf()
 * could resize the buffer.
 *
 * @throws {TypeError} When they are not a number.
 */
export function checkFlags(flags: number): number {
  if (typeof flags === "number") return flags;
  throw new TypeError(`Cannot use flags ${showValue(flags)}: not a number`);
}

/**
 * Returns the true length of a buffer.
 *
 * @throws {TypeError} When it is not a buffer.
 */
export function checkBuffer(buffer: Uint8Array): number {
  try {
    return lengthOf(buffer);
  } catch {
    throw new TypeError(
      `Cannot use ${showValue(buffer)} as a buffer: it must be a Uint8Array`,
    );
  }
}

/**
 * Throws for a buffer that is gone: a call that waits is not to take it for an
 * empty one. `size` is what it had when the call began.
 *
 * @throws {TypeError} When it was transferred, or its memory was made smaller.
 */
export function requireBuffer(buffer: Uint8Array, size: number): void {
  if (lengthOf(buffer) > 0) return;
  const memory = memoryOf(buffer);
  const isDetached = memory instanceof ArrayBuffer && memory.detached;
  if (size === 0 && !isDetached) return;
  throw new TypeError("Cannot use the buffer: its memory was taken away");
}

/** The buffers of one call, which it moves as if they were one. */
export class Buffers {
  readonly #all: readonly Bytes[];
  readonly #sizes: readonly number[];

  /** @throws {TypeError} When it is neither a buffer nor several. */
  constructor(data: Uint8Array | readonly Uint8Array[]) {
    const isList = !ArrayBuffer.isView(data) && Symbol.iterator in Object(data);
    this.#all = (isList ? [...data] : [data]) as Bytes[];
    this.#sizes = this.#all.map(checkBuffer);
  }

  /**
   * Returns how many bytes there are.
   *
   * @throws {TypeError} When the memory of one was taken away.
   */
  size(): number {
    let sum = 0;
    this.#all.forEach((buffer, i) => {
      requireBuffer(buffer, this.#sizes[i]!);
      sum += lengthOf(buffer);
    });
    return sum;
  }

  /** Returns what is left from a byte on. */
  from(start: number): readonly Bytes[] {
    if (start === 0) return this.#all;
    let before = start;
    return this.#all.map((buffer) => {
      const skipped = Math.min(before, lengthOf(buffer));
      before -= skipped;
      return viewFrom(buffer, skipped);
    });
  }
}
