import { socketError } from "../errors/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { checkLimit } from "./_check.ts";
import { Parser } from "./_parser.ts";
import type { StreamReader } from "./_stream_reader.ts";

/** The longest line or delimited message, unless the user says, in bytes. */
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
    "Cannot read up to the delimiter: it must be text or a Uint8Array, and not empty",
  );
}

/** Returns how far a delimited read may go. */
export function readLimit(options: ReadUntilOptions | undefined): number {
  return checkLimit(options?.limit ?? DEFAULT_LIMIT);
}

/** Bytes up to and including a delimiter; null where the stream has ended. */
export class Delimited extends Parser<Uint8Array<ArrayBuffer> | null> {
  readonly #search: Search;

  constructor(reader: StreamReader, delimiter: Uint8Array, limit: number) {
    super(reader);
    this.#search = new Search(delimiter, limit);
  }

  protected find(bytes: Uint8Array, start: number, end: number): number {
    return this.#search.find(bytes, start, end);
  }

  protected take(
    reader: StreamReader,
    length: number,
  ): Uint8Array<ArrayBuffer> {
    return reader.takeNow(length);
  }

  protected end(reader: StreamReader): null {
    if (reader.buffered === 0) return null;
    throw socketError("EOF", {
      action: "read up to a delimiter",
      syscall: "recv",
      reason:
        `the stream ended in a message of ${reader.buffered} bytes, which can still be read`,
    });
  }
}

/** A line of text; null where the stream has ended. */
export class Line extends Parser<string | null> {
  readonly #search: Search;

  constructor(reader: StreamReader, limit: number) {
    super(reader);
    this.#search = new Search(LF, limit);
  }

  protected find(bytes: Uint8Array, start: number, end: number): number {
    return this.#search.find(bytes, start, end);
  }

  protected take(reader: StreamReader, length: number): string {
    const isCrLf = length > 1 &&
      reader.buffer[reader.start + length - 2] === CR;
    return decodeNext(reader, length, length - (isCrLf ? 2 : 1));
  }

  /** The last line may lack its end. */
  protected end(reader: StreamReader): string | null {
    const { buffered } = reader;
    return buffered === 0 ? null : decodeNext(reader, buffered, buffered);
  }
}

/** Takes `length` bytes off the stream, and decodes `textLength` of them. */
function decodeNext(
  reader: StreamReader,
  length: number,
  textLength: number,
): string {
  const { buffer, start } = reader;
  const text = decoder.decode(buffer.subarray(start, start + textLength));
  reader.consume(length);
  return text;
}

/** A search that goes on where it stood when more has come. */
class Search {
  readonly #delimiter: Uint8Array;
  readonly #limit: number;
  #searched = 0;

  constructor(delimiter: Uint8Array, limit: number) {
    this.#delimiter = delimiter;
    this.#limit = limit;
  }

  /** Returns the length up to and including the delimiter, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const delimiter = this.#delimiter;
    const at = indexOfBytes(bytes, delimiter, start + this.#searched, end);
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
}

/** Where `needle` stands in `bytes[start, end)`, or -1. */
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
