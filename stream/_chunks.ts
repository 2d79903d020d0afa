import { socketError } from "../errors/mod.ts";

/** The chunks of a readable, of which one is taken at a time. */
export interface ChunkSource {
  /** The next chunk, of at most `size` bytes where the readable is a byte stream. */
  next(size: number): Promise<Uint8Array | null>;
  /** Cancels the readable. */
  cancel(reason?: unknown): Promise<void>;
  /** Leaves the readable to others. */
  release(): void;
}

/** Takes the readable: as a byte stream, if it is one. */
export function chunksOf(readable: ReadableStream<unknown>): ChunkSource {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = (readable as ReadableStream<Uint8Array<ArrayBuffer>>)
      .getReader({ mode: "byob" });
  } catch { // no byte stream
    return new OwnChunks(readable.getReader());
  }
  return new FilledChunks(reader);
}

/** The most that a byte stream is asked for at a time, in bytes. */
const MOST = 64 * 1024;

/**
 * The chunks of a byte stream, which fills memory that it is lent. The caller's
 * cannot be lent: the stream transfers it.
 */
class FilledChunks implements ChunkSource {
  readonly #reader: ReadableStreamBYOBReader;
  #memory: ArrayBuffer = new ArrayBuffer(0);

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
    reader.closed.catch(() => {}); // the read reports it
  }

  async next(size: number): Promise<Uint8Array | null> {
    const wanted = Math.min(size, MOST);
    const { byteLength } = this.#memory;
    if (byteLength < wanted || byteLength > wanted * 4) {
      this.#memory = new ArrayBuffer(wanted);
    }
    const view = new Uint8Array(this.#memory, 0, wanted);
    const { value, done } = await this.#reader.read(view);
    this.#memory = value?.buffer ?? new ArrayBuffer(0);
    return done ? null : value;
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  release(): void {
    this.#reader.releaseLock();
  }
}

/** The chunks of any other readable, whatever their size. */
class OwnChunks implements ChunkSource {
  readonly #reader: ReadableStreamDefaultReader<unknown>;

  constructor(reader: ReadableStreamDefaultReader<unknown>) {
    this.#reader = reader;
    reader.closed.catch(() => {}); // the read reports it
  }

  async next(): Promise<Uint8Array | null> {
    const { value, done } = await this.#reader.read();
    return done ? null : bytesOf(value);
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  release(): void {
    this.#reader.releaseLock();
  }
}

/** Returns the bytes of a chunk. */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  const isText = typeof chunk === "string";
  const kind = isText ? "text" : `a chunk of type ${typeof chunk}`;
  const hint = isText ? "; pipe it through a TextEncoderStream" : "";
  throw socketError("EBADMSG", {
    action: "read from the stream",
    reason: `it brought ${kind} instead of bytes${hint}`,
  });
}
