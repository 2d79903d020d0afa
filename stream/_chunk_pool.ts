/** The chunk of a connection that sends little, in bytes. */
export const SMALL_CHUNK = 4096 as const;
/** The chunk of a connection that sends a lot, in bytes. */
export const LARGE_CHUNK = 65536 as const;

/** How many chunks of each size are kept for the next who needs one. */
const MAX_KEPT = 32;

const small: Uint8Array[] = [];
const large: Uint8Array[] = [];

/** A chunk for a connection that has something to send. */
export function takeChunk(isLarge: boolean): Uint8Array {
  return isLarge
    ? large.pop() ?? new Uint8Array(LARGE_CHUNK)
    : small.pop() ?? new Uint8Array(SMALL_CHUNK);
}

/** Gives a chunk back, so that connections that send nothing hold none. */
export function giveChunk(chunk: Uint8Array): void {
  const kept = chunk.length === LARGE_CHUNK ? large : small;
  if (kept.length < MAX_KEPT) kept.push(chunk);
}
