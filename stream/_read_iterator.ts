import {
  checkWait,
  type Wait,
  type WaitOptions,
} from "../internal/wait/mod.ts";
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
      const value = this.#reader.now(this.#call);
      if (value === undefined) return this.#wait(wait);
      if (value === null) return this.return();
      return Promise.resolve({ done: false, value });
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
  }

  async #wait(wait: Wait | undefined): Promise<IteratorResult<T>> {
    try {
      const value = await this.#reader.call(this.#call, wait);
      return value === null ? this.return() : { done: false, value };
    } catch (error) {
      if (this.#reader.isClosed) return this.return();
      throw error;
    }
  }

  return(): Promise<IteratorResult<T>> {
    this.#isDone = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
