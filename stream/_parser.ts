import { socketError } from "../errors/mod.ts";
import {
  StreamCall,
  type StreamReader,
  type Window,
} from "./_stream_reader.ts";

/** Bytes that belong to the caller. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * What one read takes from the stream. A read that waits and one that finds its bytes
 * in the buffer use the same function.
 */
export abstract class Parser<T> extends StreamCall<T> {
  attempt(): T | undefined {
    const { reader } = this;
    const length = this.find(reader);
    if (length >= 0) return this.take(length);
    return reader.hasEnded ? this.end() : undefined;
  }

  /**
   * Returns how many bytes of the window the result takes up, or -1 if they have
   * not all come. It changes nothing that others see.
   */
  protected abstract find(window: Window): number;

  /** Takes that many bytes off the stream, and returns the result. */
  protected abstract take(length: number): T;

  /** Returns the result if the stream ends first, or throws. */
  protected abstract end(): T;
}

/** An exact count of bytes, as a copy: `recv` with MSG_WAITALL. */
export class Exact extends Parser<Bytes> {
  protected readonly count: number;

  constructor(reader: StreamReader, count: number) {
    super(reader);
    this.count = count;
  }

  protected find({ start, end }: Window): number {
    return end - start >= this.count ? this.count : -1;
  }

  protected take(length: number): Bytes {
    return this.reader.takeNow(length);
  }

  protected end(): Bytes {
    throw truncated(`read ${this.count} bytes`, this.reader);
  }
}

/** Bytes that stay, fewer only at the end of the stream: `recv` with MSG_PEEK. */
export class Peek extends Exact {
  protected override take(length: number): Bytes {
    return this.reader.copy(length);
  }

  protected override end(): Bytes {
    return this.reader.copy(this.reader.buffered);
  }
}

/** Returns the error of a stream that ended within what was to be read. */
export function truncated(action: string, { start, end }: Window): Error {
  const reason = `the stream ended after ${
    end - start
  } bytes of it, which can still be read`;
  return socketError("EOF", { action, syscall: "recv", reason });
}
