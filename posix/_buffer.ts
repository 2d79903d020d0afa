import {
  lengthOf,
  memoryOf,
  showValue,
  viewFrom,
} from "../internal/check/mod.ts";

/** The true length of a buffer as far as one call can move it: less than 2 GiB. */
export function countOf(buffer: Uint8Array): number {
  return Math.min(lengthOf(buffer), 2 ** 31 - 1);
}

/** Why a call cannot use its flags and its buffer; undefined if it can. */
export function refusalOf(
  flags: number,
  buffer: Uint8Array,
): TypeError | undefined {
  // Flags are numbers before a length is read: else their valueOf() could resize it.
  if (typeof flags !== "number") {
    return new TypeError(`Cannot use flags ${showValue(flags)}: not a number`);
  }
  try {
    lengthOf(buffer);
    return undefined;
  } catch {
    return new TypeError(
      `Cannot use ${showValue(buffer)} as a buffer: it must be a Uint8Array`,
    );
  }
}

/** The same for several buffers. */
export function refusalOfAll(
  flags: number,
  buffers: readonly Uint8Array[],
): TypeError | undefined {
  if (buffers.length === 0) return refusalOf(flags, NOTHING);
  for (const buffer of buffers) {
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

const NOTHING = new Uint8Array(0);

/** The buffers of a call: the one, or those, that it was given; not yet checked. */
export function buffersOf(
  data: Uint8Array | readonly Uint8Array[],
): readonly Uint8Array[] {
  try {
    return ArrayBuffer.isView(data) ? [data] : [...data];
  } catch {
    return [data as Uint8Array]; // which is refused then
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

/** What refuses buffers, as {@linkcode requireBuffer} does, later in their call. */
export function guardOf(buffers: readonly Uint8Array[]): () => void {
  const sizes = buffers.map(lengthOf);
  return () => buffers.forEach((buffer, i) => requireBuffer(buffer, sizes[i]!));
}

/** How many bytes there are in all. */
export function sizeOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + lengthOf(buffer), 0);
}

/** What is left of buffers from a byte on. */
export function restOf(
  buffers: readonly Uint8Array[],
  from: number,
): readonly Uint8Array[] {
  if (from === 0) return buffers;
  let before = from;
  return buffers.flatMap((buffer) => {
    const length = lengthOf(buffer);
    const skipped = Math.min(before, length);
    before -= skipped;
    return skipped < length ? [viewFrom(buffer, skipped)] : [];
  });
}
