import { socketError } from "../errors/mod.ts";
import { StreamCall, type StreamReader } from "./_stream_reader.ts";

/**
 * What one read wants of the stream. It is the same for a read that waits and for
 * one that is served from what is buffered.
 */
export abstract class Parser<T> extends StreamCall<T> {
  attempt(): T | undefined {
    const { reader } = this;
    const length = this.find(reader.buffer, reader.start, reader.end);
    if (length >= 0) return this.take(reader, length);
    return reader.hasEnded ? this.end(reader) : undefined;
  }

  /**
   * Returns how many bytes of `bytes[start, end)` the result takes up, or -1 if
   * they have not all come. It changes nothing that others see.
   */
  protected abstract find(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number;

  /** Takes that many bytes off the stream, and returns the result. */
  protected abstract take(reader: StreamReader, length: number): T;

  /** Returns the result if the stream ends before, or throws. */
  protected abstract end(reader: StreamReader): T;
}

/** An exact count of bytes, of the caller's own: `recv` with MSG_WAITALL. */
export class Exact extends Parser<Uint8Array<ArrayBuffer>> {
  protected readonly count: number;

  constructor(reader: StreamReader, count: number) {
    super(reader);
    this.count = count;
  }

  protected find(_bytes: Uint8Array, start: number, end: number): number {
    return end - start >= this.count ? this.count : -1;
  }

  protected take(
    reader: StreamReader,
    length: number,
  ): Uint8Array<ArrayBuffer> {
    return reader.takeNow(length);
  }

  protected end(reader: StreamReader): Uint8Array<ArrayBuffer> {
    throw truncated(this.count, reader.buffered);
  }
}

/** Bytes that stay, fewer only at the end of the stream: `recv` with MSG_PEEK. */
export class Peek extends Exact {
  protected override take(
    reader: StreamReader,
    length: number,
  ): Uint8Array<ArrayBuffer> {
    return reader.copy(length);
  }

  protected override end(reader: StreamReader): Uint8Array<ArrayBuffer> {
    return reader.copy(reader.buffered);
  }
}

/** Returns the error of a stream that ended within a count of bytes. */
export function truncated(count: number, buffered: number): Error {
  return socketError("EOF", {
    action: `read ${count} bytes`,
    syscall: "recv",
    reason: `the stream ended after ${buffered}, which can still be read`,
  });
}
