import { waitFor } from "../internal/wait/mod.ts";

/** How long a source may take to end before it is destroyed, in milliseconds. */
export const CLOSING = 5000;

/** Rejects if `work` takes longer. */
export function within<T>(timeout: number, work: Promise<T>): Promise<T> {
  return waitFor(work, { timeout }, () => new Error("closed"));
}
