import type { Addr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { takenAway } from "../internal/check/mod.ts";
import { isLoopStarved, nextTurn } from "../internal/wait/mod.ts";
import { addrsOf, type SomeAddrs } from "./_addr_pair.ts";
import { chunksOf, type ChunkSource } from "./_chunks.ts";
import { CLOSING, within } from "./_source_closing.ts";
import { sourceError } from "./_source_error.ts";
import {
  firstPiece,
  type StreamFeature,
  type StreamTransport,
} from "./_transport.ts";

/**
 * Two web streams that carry bytes, such as those of a child process. Either half may
 * be missing: it is then at its end from the start.
 */
export interface BytePair {
  /** The bytes from the peer, in chunks. A chunk of text fails the connection. */
  readonly readable?: ReadableStream<Uint8Array | string> | undefined;
  /** The bytes to the peer. */
  readonly writable?: WritableStream<Uint8Array<ArrayBuffer>> | undefined;
}

const EMPTY = new Uint8Array(0);
const ignore = () => {};

/**
 * A connection over two web streams of bytes. Both are locked for as long as it has
 * them.
 */
export class PairTransport implements StreamTransport {
  readonly backend: "web" = "web" as const;
  readonly lacks: ReadonlySet<StreamFeature> = new Set(["ref"]);
  readonly localAddr: Addr;
  readonly remoteAddr: Addr;
  readonly #pair: BytePair;
  readonly #chunks: ChunkSource | undefined;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** The rest of a chunk that was larger than the buffer of its read. */
  #rest: Uint8Array<ArrayBufferLike> = EMPTY;
  /** Whether the writable is closed. */
  #isShut: boolean;

  /** Takes the halves apart from the pair, whose getters were read once. */
  constructor(
    pair: BytePair,
    { readable, writable }: BytePair,
    given: SomeAddrs,
  ) {
    if (readable?.locked || writable?.locked) {
      const which = readable?.locked ? "readable" : "writable";
      throw new TypeError(
        `Cannot make a connection of the streams: ${which} is locked`,
      );
    }
    const { localAddr, remoteAddr } = addrsOf(given);
    this.#pair = pair;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.#chunks = readable ? chunksOf(readable) : undefined;
    this.#writer = writable?.getWriter();
    this.#isShut = !writable;
    this.#writer?.closed.then(() => this.#isShut = true, ignore);
  }

  get unread(): Uint8Array {
    return this.#rest;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    const size = buffer.length;
    while (this.#rest.length === 0) {
      checkThere(this.#rest);
      if (isLoopStarved()) await nextTurn(); // chunks may come without end
      const chunk = await this.#chunks?.next(size).catch(fail) ?? null;
      if (chunk === null) return null;
      this.#rest = chunk;
    }
    if (buffer.length !== size) throw takenAway("read into");
    const count = Math.min(size, this.#rest.length);
    buffer.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.length === count
      ? EMPTY
      : this.#rest.subarray(count);
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    // The reader at the other end may get the memory that is written.
    const piece = new Uint8Array(firstPiece(bytes));
    const size = piece.length; // which is 0 once the stream has transferred it
    if (this.#isShut) throw socketError("EPIPE", { action: "write" });
    if (isLoopStarved()) await nextTurn();
    try {
      await this.#writer!.ready;
      await this.#writer!.write(piece);
    } catch (error) {
      // The reader cancelled, and gave no reason.
      if (error === undefined) throw socketError("EPIPE", { action: "write" });
      fail(error);
    }
    return size;
  }

  async closeWrite(): Promise<void> {
    if (!this.#isShut) await this.#writer!.close().catch(fail);
  }

  /** Closes the writable and cancels the readable. Their failures are not reported. */
  async close(): Promise<void> {
    const writer = this.#isShut ? undefined : this.#writer;
    const ended = Promise.allSettled([writer?.close(), this.#chunks?.cancel()]);
    await within(CLOSING, ended)
      .catch((error) => writer?.abort(error)).catch(ignore);
  }

  /** Aborts the writable and cancels the readable, as the RST of a socket does both. */
  reset(): boolean {
    const reason = socketError("ECONNRESET", { action: "use the stream" });
    this.#writer?.abort(reason).catch(ignore);
    this.#chunks?.cancel(reason).catch(ignore);
    return true;
  }

  ref(): void {}

  unref(): void {}

  detach(): BytePair {
    this.#chunks?.release();
    this.#writer?.releaseLock();
    return this.#pair;
  }
}

/** Refuses to go on behind bytes whose memory the source has transferred. */
function checkThere({ buffer }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer && buffer.detached)) return;
  throw socketError("EIO", {
    action: "read from the stream",
    reason: "it transferred the memory of a chunk that was not read yet",
  });
}

function fail(reason: unknown): never {
  throw sourceError(reason);
}
