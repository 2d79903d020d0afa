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
