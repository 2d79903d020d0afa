/**
 * Throws for a buffer that is gone: a call that waits is not to take it for an
 * empty one. `size` is what it had when the call began.
 *
 * @throws {TypeError} When it was transferred, or its memory was made smaller.
 */
export function requireBuffer(buffer: Uint8Array, size: number): void {
  if (buffer.length > 0) return;
  const { buffer: memory } = buffer;
  const isDetached = memory instanceof ArrayBuffer && memory.detached;
  if (size === 0 && !isDetached) return;
  throw new TypeError("Cannot use the buffer: its memory was taken away");
}

/** What refuses buffers, as {@linkcode requireBuffer} does, later in their call. */
export function guardOf(buffers: readonly Uint8Array[]): () => void {
  const sizes = buffers.map(({ length }) => length);
  return () => buffers.forEach((buffer, i) => requireBuffer(buffer, sizes[i]!));
}

/** How many bytes there are in all. */
export function sizeOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

/** What is left of buffers from a byte on. */
export function restOf(
  buffers: readonly Uint8Array[],
  from: number,
): readonly Uint8Array[] {
  if (from === 0) return buffers;
  let before = from;
  return buffers.flatMap((buffer) => {
    const skipped = Math.min(before, buffer.length);
    before -= skipped;
    return skipped < buffer.length ? [buffer.subarray(skipped)] : [];
  });
}
