import { socketError } from "../errors/mod.ts";
import type { WaitOptions } from "../wait/mod.ts";
import { checkLimit } from "./_check.ts";
import { indexOfBytes } from "./_index_of_bytes.ts";
import type { ReadTurn } from "./_read_turns.ts";
import type { StreamReader } from "./_stream_reader.ts";

/** The longest line or delimited message, unless the user says, in bytes. */
const DEFAULT_LIMIT = 64 * 1024;

const LF = new Uint8Array([0x0a]);
const CR = 0x0d;
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

/** Reads up to and including the delimiter; null where the stream has ended. */
export function readUntil(
  reader: StreamReader,
  delimiter: string | Uint8Array,
  options: ReadUntilOptions | undefined,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = typeof delimiter === "string"
    ? new TextEncoder().encode(delimiter)
    : delimiter;
  if (bytes.length === 0) {
    throw new TypeError("Cannot read up to a delimiter of no bytes");
  }
  const limit = checkLimit(options?.limit ?? DEFAULT_LIMIT);
  return reader.exclusive(
    options,
    "recv",
    (turn) => find(reader, turn, bytes, limit),
    (length) => {
      if (length >= 0) return reader.takeNow(length);
      if (reader.buffered === 0) return null;
      throw socketError("EOF", {
        action: "read up to a delimiter",
        syscall: "recv",
        reason:
          `the stream ended in a message of ${reader.buffered} bytes, which can still be read`,
      });
    },
  );
}

/** Reads a line of text; null where the stream has ended. */
export function readLine(
  reader: StreamReader,
  options: ReadUntilOptions | undefined,
): Promise<string | null> {
  const limit = checkLimit(options?.limit ?? DEFAULT_LIMIT);
  return reader.exclusive(
    options,
    "recv",
    (turn) => find(reader, turn, LF, limit),
    (found) => {
      const length = found < 0 ? reader.buffered : found;
      if (length === 0) return null;
      let end = reader.start + length;
      if (found > 0) end--;
      if (found > 1 && reader.buffer[end - 1] === CR) end--;
      const text = decoder.decode(reader.buffer.subarray(reader.start, end));
      reader.consume(length);
      return text;
    },
  );
}

/**
 * Waits for a delimiter; the count of bytes up to and including it, or -1 at the
 * end of the stream.
 */
async function find(
  reader: StreamReader,
  turn: ReadTurn,
  delimiter: Uint8Array,
  limit: number,
): Promise<number> {
  let searched = 0;
  for (;;) {
    const { buffer, start, end, buffered } = reader;
    const at = indexOfBytes(buffer, delimiter, start + searched, end);
    const length = at < 0 ? -1 : at - start + delimiter.length;
    if (length > limit || (at < 0 && buffered >= limit)) {
      throw socketError("EMSGSIZE", {
        action: "read up to a delimiter",
        reason:
          `none within the limit of ${limit} bytes, which can still be read`,
      });
    }
    if (at >= 0) return length;
    searched = Math.max(0, buffered - delimiter.length + 1);
    if (!await reader.fill(turn)) return -1;
  }
}
