import type { EndingConn } from "./ending_conn.ts";

/** What web streams need of a connection. */
type StreamsOwner = Pick<
  EndingConn,
  "read" | "writeAll" | "closeWrite" | "close"
>;

/** The chunk size of the readable side, in bytes. */
const CHUNK = 64 * 1024;

/** Ends the connection when both streams have ended, and nobody else will. */
export class WebStreams {
  readonly #owner: StreamsOwner;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  #hasRead = false;
  #hasWritten = false;

  constructor(owner: StreamsOwner) {
    this.#owner = owner;
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const source: UnderlyingByteSource = {
      type: "bytes",
      autoAllocateChunkSize: CHUNK,
      pull: async (controller) => {
        const request = controller.byobRequest!;
        const count = await this.#read(request.view as Uint8Array);
        if (count !== null) return request.respond(count);
        controller.close();
        request.respond(0);
        this.#hasRead = true;
        this.#closeIfDone();
      },
      cancel: () => this.#owner.close(),
    };
    return this.#readable ??= new ReadableStream(source, { highWaterMark: 0 });
  }

  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= new WritableStream<Uint8Array<ArrayBufferLike>>({
      // `abort` is only called when the write that is pending has ended, which
      // may be never: the signal is there at once.
      start: ({ signal }) => {
        signal.addEventListener("abort", () => this.#owner.close());
      },
      write: (bytes) => this.#write(this.#owner.writeAll(bytes)),
      close: async () => {
        await this.#write(this.#owner.closeWrite());
        this.#hasWritten = true;
        this.#closeIfDone();
      },
    });
  }

  /** A stream that has failed is as good as ended, and its user may not be told. */
  async #read(target: Uint8Array): Promise<number | null> {
    try {
      return await this.#owner.read(target);
    } catch (error) {
      this.#owner.close();
      throw error;
    }
  }

  async #write(writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } catch (error) {
      // What the peer said before it went can still be read.
      this.#hasWritten = true;
      if (this.#readable === undefined) this.#owner.close();
      else this.#closeIfDone();
      throw error;
    }
  }

  #closeIfDone(): void {
    if (this.#hasRead && this.#hasWritten) this.#owner.close();
  }
}
