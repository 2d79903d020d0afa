import { encoded, plainBytes } from "../internal/check/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { checkBytes, isBytes, notBytes } from "./_check.ts";
import type { StreamReader } from "./_stream_reader.ts";
import type { StreamWriter } from "./_stream_writer.ts";
import { encodeShared } from "./framing/encode.ts";
import { isBuiltIn } from "./framing/framing.ts";
import { encodeFrame, type Framing } from "./framing/mod.ts";
import { ReadingConn } from "./reading_conn.ts";

/**
 * The writing half of a {@linkcode StreamConn}, above the reading half.
 *
 * Writes and messages leave in the order of the calls, and their bytes never mix.
 *
 * @example Many small messages in a few calls
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * using pair = connPair();
 * const { client, server } = pair;
 *
 * for (const word of ["to ", "be ", "sent\n"]) {
 *   await client.send(word); // resolves at once
 * }
 * assertEquals(await server.readLine(), "to be sent");
 * ```
 */
export abstract class SendingConn extends ReadingConn {
  readonly #writer: StreamWriter;
  /** The framing of this package that was used last: looking again is dear. */
  #builtIn: Framing | undefined;

  /**
   * Not for users: `StreamConn` is the class of connections.
   *
   * @ignore
   */
  constructor(reader: StreamReader, writer: StreamWriter) {
    super(reader);
    this.#writer = writer;
  }

  /** How many bytes have been handed to the kernel. */
  get bytesWritten(): number {
    return this.#writer.bytesWritten;
  }

  /** How many bytes wait in the send queue. */
  get queued(): number {
    return this.#writer.queued;
  }

  /**
   * Writes some of `bytes`, and resolves with how many: C's `write`, and Deno's.
   * Most callers want {@linkcode SendingConn.prototype.send | send} or
   * {@linkcode SendingConn.prototype.writeAll | writeAll}.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   *
   * @example How much the kernel took
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const count = await client.write(new Uint8Array([1, 2, 3]));
   * assertEquals(count, 3); // of a large piece it may be less
   * assertEquals(await server.readExact(count), new Uint8Array([1, 2, 3]));
   * ```
   */
  write(bytes: Uint8Array, options?: WaitOptions): Promise<number> {
    if (!isBytes(bytes)) return Promise.reject(notBytes(bytes));
    return this.#writer.write(plainBytes(bytes), "write", options);
  }

  /**
   * Writes all of `data`: bytes, which must not change until it resolves, or text,
   * which leaves as UTF-8.
   *
   * Cancelling takes the bytes out of the queue if none has left. Otherwise the
   * rest follows in the background, so that the peer never gets half a message;
   * they must then not change until `flush` resolves.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   *
   * @example A large piece, with a time limit
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const piece = new Uint8Array(4_000_000).fill(7);
   * const writing = client.writeAll(piece, { timeout: 30_000 });
   * assertEquals((await server.readExact(piece.length)).at(-1), 7);
   * await writing;
   * assertEquals(client.bytesWritten, piece.length);
   * ```
   */
  async writeAll(
    data: Uint8Array | string,
    options?: WaitOptions,
  ): Promise<void> {
    const bytes = encoded(data);
    checkBytes(bytes);
    await this.#writer.write(plainBytes(bytes), "writeAll", options);
  }

  /**
   * Queues `data` to be sent with all else that is sent in this turn of the
   * event loop, in as few calls of the runtime as can be. Text is sent as UTF-8, with
   * U+FFFD for each lone surrogate.
   *
   * Resolves at once while less than the high-water mark is queued, and else
   * when there is room again: awaiting it is all the back-pressure a sender
   * needs. Messages below 64 KiB are copied, so that the caller may use the
   * buffer again; larger ones must not change until it resolves, which is then
   * when they have been written.
   *
   * A failure to write rejects the pending calls (this, `drained`, `flush`) and every
   * later call. An un-awaited promise of `send` never ends the program.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone;
   * `ENOBUFS` when 64 times the high-water mark is queued by a caller who does
   * not await.
   *
   * @example Many small messages in a few calls
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * for (const word of ["to ", "be ", "sent\n"]) {
   *   await client.send(word); // resolves at once
   * }
   * assertEquals(await server.readLine(), "to be sent");
   * ```
   */
  send(data: Uint8Array | string): Promise<void> {
    if (typeof data === "string") return this.#writer.sendText(data);
    if (!isBytes(data)) return Promise.reject(notBytes(data));
    return this.#writer.send(plainBytes(data));
  }

  /**
   * Sends a frame, as {@linkcode SendingConn.prototype.send | send} does; small
   * ones are encoded straight into the send queue.
   *
   * @throws {FrameError} When the frame is larger than the limit.
   * @throws {TypeError} If the framing breaks the contract of `Framing`; nothing of
   * the frame is sent then.
   *
   * @example A message with its length in front
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import {
   *   lengthPrefixFraming,
   * } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.sendFrame(lengthPrefixFraming(2), new Uint8Array([7, 8]));
   * assertEquals(await server.readExact(4), new Uint8Array([0, 2, 7, 8]));
   * ```
   */
  sendFrame(framing: Framing, frame: Uint8Array): Promise<void> {
    if (framing !== this.#builtIn || !isBytes(frame)) {
      return this.#sendOther(framing, frame);
    }
    const own = plainBytes(frame);
    let size: number;
    try { // around no more than this: it is the path of small messages
      size = framing.encodedSize(own);
    } catch (error) {
      return Promise.reject(error);
    }
    const tail = this.#writer.reserve(size);
    if (tail === undefined) return this.send(encodeFrame(framing, own));
    framing.encodeInto(own, tail.bytes, tail.end);
    return this.#writer.commit(tail, size);
  }

  #sendOther(framing: Framing, frame: Uint8Array): Promise<void> {
    try {
      checkBytes(frame);
      if (!isBuiltIn(framing)) {
        return this.#writer.send(encodeShared(framing, frame));
      }
      this.#builtIn = framing;
      return this.sendFrame(framing, frame);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves when less than the high-water mark is queued.
   *
   * @throws {SocketError} As `send` does.
   *
   * @example Waiting for room
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assert, assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const piece = new Uint8Array(1000);
   * for (let i = 0; i < 100; i++) client.send(piece); // awaits none of them
   * await client.drained();
   * assert(client.queued < 262_144);
   * assertEquals((await server.readExact(100_000)).length, 100_000);
   * ```
   */
  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /**
   * Resolves when all that is queued now has been handed to the kernel.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   *
   * @example Before the program tells that all is sent
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * client.send(new Uint8Array(10));
   * await client.flush({ timeout: 5000 });
   * assertEquals([client.queued, client.bytesWritten], [0, 10]);
   * assertEquals((await server.readExact(10)).length, 10);
   * ```
   */
  flush(options?: WaitOptions): Promise<void> {
    return this.#writer.flush(options);
  }
}
