import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import type { StreamCall, StreamReader } from "./_stream_reader.ts";

/**
 * The results of one read after the other until it results in null. It takes
 * nothing from the connection before it is asked for, so that whoever stops early
 * leaves the rest to the next reader. A close on this side ends it.
 */
export class ReadIterator<T> implements AsyncIterableIterator<T> {
  readonly #reader: StreamReader;
  readonly #call: StreamCall<T | null>;
  readonly #options: WaitOptions | undefined;
  #isDone = false;

  constructor(
    reader: StreamReader,
    call: StreamCall<T | null>,
    options: WaitOptions | undefined,
  ) {
    this.#reader = reader;
    this.#call = call;
    this.#options = options;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#isDone) return this.return();
    try {
      const wait = checkWait(this.#options);
      const result = this.#reader.now(this.#call);
      return result === undefined
        ? this.#result(this.#reader.call(this.#call, wait))
        : Promise.resolve(this.#resultOf(result));
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
  }

  async #result(reading: Promise<T | null>): Promise<IteratorResult<T>> {
    try {
      return this.#resultOf(await reading);
    } catch (error) {
      if (this.#reader.isClosed) return this.return();
      throw error;
    }
  }

  #resultOf(value: T | null): IteratorResult<T> {
    if (value !== null) return { done: false, value };
    this.#isDone = true;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<T>> {
    return Promise.resolve(this.#resultOf(null));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
