import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import type { StreamCall, StreamReader } from "./_stream_reader.ts";

/**
 * Iterates over the results of a read that is called repeatedly, until one is null.
 * Each `next()` takes only its own result from the connection, so that a loop that
 * stops early leaves the rest to the next read. A close on this side ends it.
 */
export function iterateReads<T>(
  reader: StreamReader,
  call: StreamCall<T | null>,
  options: WaitOptions | undefined,
): AsyncIterableIterator<T> {
  let isDone = false;

  function end(): Promise<IteratorResult<T>> {
    isDone = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  async function wait(reading: Promise<T | null>): Promise<IteratorResult<T>> {
    try {
      const value = await reading;
      return value === null ? end() : { done: false, value };
    } catch (error) {
      if (reader.isClosed) return end();
      throw error;
    }
  }

  return {
    next() {
      if (isDone) return end();
      try {
        const limits = checkWait(options);
        const value = reader.now(call);
        if (value === undefined) return wait(reader.call(call, limits));
        if (value === null) return end();
        return Promise.resolve({ done: false, value });
      } catch (error) {
        isDone = true;
        return Promise.reject(error);
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
