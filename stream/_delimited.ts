import { socketError } from "../errors/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { type Bytes, Parser, truncated } from "./_parser.ts";
import type { StreamReader, Window } from "./_stream_reader.ts";

/** The default limit of a line or a delimited message, in bytes. */
const DEFAULT_LIMIT = 64 * 1024;

const LF = new Uint8Array([0x0a]);
const CR = 0x0d;
const encoder = new TextEncoder();
// A line may well begin with U+FEFF: it is not the beginning of a text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How far a delimited read may go. */
export interface ReadUntilOptions extends WaitOptions {
  /**
   * The most bytes that may come before and with the delimiter.
   *
   * @default {65536}
   */
  limit?: number | undefined;
}

/** Returns the delimiter as bytes of our own. */
export function checkDelimiter(delimiter: string | Uint8Array): Uint8Array {
  const bytes = typeof delimiter === "string"
    ? encoder.encode(delimiter)
    : delimiter;
  if (bytes instanceof Uint8Array && bytes.length > 0) {
    return new Uint8Array(bytes);
  }
  throw new TypeError(
    "Cannot use the delimiter: it must be text or a Uint8Array, and not empty",
  );
}

/**
 * A read up to a delimiter; null at the end of the stream. Calls may share one: the
 * search continues where it stopped unless another read took bytes off the stream.
 */
abstract class Delimited<T> extends Parser<T | null> {
  readonly #delimiter: Uint8Array;
  readonly #limit: number;
  #searched = 0;
  /** Where in the stream the search began. */
  #position = -1;

  constructor(
    reader: StreamReader,
    delimiter: Uint8Array,
    options: ReadUntilOptions | undefined,
  ) {
    super(reader);
    this.#delimiter = delimiter;
    this.#limit = checkInteger("limit", options?.limit ?? DEFAULT_LIMIT, 1);
  }

  protected find({ buffer, start, end }: Window): number {
    const { position } = this.reader;
    if (position !== this.#position) this.#searched = 0;
    this.#position = position;
    const delimiter = this.#delimiter;
    const at = indexOfBytes(buffer, delimiter, start + this.#searched, end);
    const length = at < 0 ? -1 : at - start + delimiter.length;
    const buffered = end - start;
    if (length > this.#limit || (at < 0 && buffered >= this.#limit)) {
      throw socketError("EMSGSIZE", {
        action: "read up to a delimiter",
        reason:
          `none within the limit of ${this.#limit} bytes, which can still be read`,
      });
    }
    this.#searched = Math.max(0, buffered - delimiter.length + 1);
    return length;
  }

  protected end(): T | null {
    const { buffered } = this.reader;
    return buffered === 0 ? null : this.rest(buffered);
  }

  /** Takes the last bytes, which lack their delimiter, or throws. */
  protected abstract rest(length: number): T;
}

/** Bytes up to and including a delimiter. */
export class ReadUntil extends Delimited<Bytes> {
  protected take(length: number): Bytes {
    return this.reader.takeNow(length);
  }

  protected rest(): Bytes {
    throw truncated("read up to a delimiter", this.reader);
  }
}

/** A line of text, of which the last may lack its end. */
export class ReadLine extends Delimited<string> {
  constructor(reader: StreamReader, options: ReadUntilOptions | undefined) {
    super(reader, LF, options);
  }

  protected take(length: number): string {
    const { buffer, start } = this.reader;
    const isCrLf = length > 1 && buffer[start + length - 2] === CR;
    return this.#decode(length, length - (isCrLf ? 2 : 1));
  }

  protected rest(length: number): string {
    return this.#decode(length, length);
  }

  /** Takes `length` bytes off the stream, and decodes `textLength` of them. */
  #decode(length: number, textLength: number): string {
    const { buffer, start } = this.reader;
    const text = decoder.decode(buffer.subarray(start, start + textLength));
    this.reader.consume(length);
    return text;
  }
}

/** Returns the index of `needle` in `bytes[start, end)`, or -1. */
export function indexOfBytes(
  bytes: Uint8Array,
  needle: Uint8Array,
  start: number,
  end: number,
): number {
  const first = needle[0]!;
  const last = end - needle.length;
  for (let at = start; at <= last; at++) {
    at = bytes.indexOf(first, at);
    if (at < 0 || at > last) return -1;
    let i = 1;
    while (i < needle.length && bytes[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}
