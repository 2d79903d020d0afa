import { checkInteger, plainBytes } from "../internal/check/mod.ts";
import { checkWait, type WaitOptions } from "../internal/wait/mod.ts";
import { checkBytes } from "./_check.ts";
import {
  checkDelimiter,
  ReadLine,
  ReadUntil,
  type ReadUntilOptions,
} from "./_delimited.ts";
import {
  FrameBatch,
  type FrameReadOptions,
  NextFrame,
} from "./_frame_reader.ts";
import { ReadSome, ReadWhole } from "./_memory_read.ts";
import { Exact, Peek } from "./_parser.ts";
import { iterateReads } from "./_read_iterator.ts";
import type { StreamReader } from "./_stream_reader.ts";
import type { Framing } from "./framing/mod.ts";

/** The most that `peek` may ask for, in bytes. */
const MAX_PEEK = 64 * 1024;

/**
 * The reading half of a {@linkcode StreamConn}.
 *
 * Reads resolve in the order of their calls. They take bytes off the stream only
 * when they resolve with them. A read that times out, is cancelled or fails loses no
 * byte: the next read continues at the same place.
 *
 * The receive buffer grows with the traffic, up to 256 KiB, and beyond that for a
 * message that needs more. Once it is empty, a buffer above 16 KiB is released, so
 * that an idle connection keeps little memory.
 *
 * @example Lines and exact counts of bytes
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * using pair = connPair();
 * const { client, server } = pair;
 *
 * await client.send("hello\n\x01\x02");
 * assertEquals(await server.readLine(), "hello");
 * assertEquals(await server.readExact(2), new Uint8Array([1, 2]));
 * ```
 */
export abstract class ReadingConn {
  readonly #reader: StreamReader;
  /** The framing that was used last, and its read: most connections have one. */
  #framing: Framing | undefined;
  #nextFrame: NextFrame | undefined;

  /**
   * Not for users: `StreamConn` is the class of connections.
   *
   * @ignore
   */
  constructor(reader: StreamReader) {
    this.#reader = reader;
  }

  /** How many bytes have been received from the peer, read or still buffered. */
  get bytesRead(): number {
    return this.#reader.bytesRead;
  }

  /** How many bytes can be read without waiting. */
  get buffered(): number {
    return this.#reader.isBusy ? 0 : this.#reader.buffered;
  }

  /**
   * Returns exactly `count` bytes if that many are buffered, otherwise null. It lets
   * a parser avoid a promise per field. The bytes belong to the caller.
   *
   * @throws {RangeError} If `count` is not an integer of 0 or more.
   *
   * @example Small fields without a promise each
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await server.send(new Uint8Array([2, 7, 9]));
   * await client.peek(3); // now they are buffered
   * assertEquals(client.take(1), new Uint8Array([2]));
   * assertEquals(client.take(3), null); // only two are left
   * assertEquals(client.take(2), new Uint8Array([7, 9]));
   * ```
   */
  take(count: number): Uint8Array<ArrayBuffer> | null {
    checkInteger("count", count, 0);
    return this.buffered < count ? null : this.#reader.takeNow(count);
  }

  /**
   * Reads what is available into `buffer`: C's `read` and `recv`. Resolves with the
   * count of bytes as soon as there is one byte, or with null at the end of the
   * stream.
   *
   * @throws {SocketError} `ECONNRESET` if the peer has reset the connection.
   *
   * @example A read that times out loses nothing
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const buffer = new Uint8Array(1024);
   * await assertRejects(() => server.read(buffer, { timeout: 10 }), TimedOutError);
   *
   * await client.send("hello");
   * const count = await server.read(buffer) ?? 0;
   * assertEquals(new TextDecoder().decode(buffer.subarray(0, count)), "hello");
   * ```
   */
  read(buffer: Uint8Array, options?: WaitOptions): Promise<number | null> {
    try {
      checkBytes(buffer);
      const wait = checkWait(options);
      const isBounded = wait !== undefined;
      const reader = this.#reader;
      const own = plainBytes(buffer);
      return own.length === 0
        ? reader.readNothing()
        : reader.call(new ReadSome(reader, own, isBounded), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Resolves with the next `count` bytes, and leaves them in the buffer: `recv` with
   * MSG_PEEK. Fewer bytes only if the stream ends first.
   *
   * @throws {RangeError} If `count` is not an integer from 0 to 65536.
   *
   * @example Which protocol a client speaks
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.send("GET / HTTP/1.1\r\n");
   * const [first] = await server.peek(1, { timeout: 5000 });
   * const isTls = first === 0x16;
   * assertEquals(isTls, false);
   * assertEquals(await server.readLine(), "GET / HTTP/1.1");
   * ```
   */
  peek(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    try {
      checkInteger("count", count, 0, MAX_PEEK);
      const wait = checkWait(options);
      return this.#reader.call(new Peek(this.#reader, count), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads exactly `count` bytes: `recv` with MSG_WAITALL. Memory is allocated as the
   * bytes arrive, not before.
   *
   * @throws {UnexpectedEofError} If the stream ends first. The bytes received so far
   * can still be read.
   * @throws {RangeError} If `count` is not an integer of 0 or more.
   */
  readExact(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `buffer`, and resolves with it.
   *
   * @example Into the caller's memory
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.send(new Uint8Array([1, 2, 3, 4]));
   * const header = await server.readExact(new Uint8Array(4), { timeout: 5000 });
   * assertEquals(new DataView(header.buffer).getUint32(0), 0x01020304);
   * ```
   */
  readExact<B extends Uint8Array>(
    buffer: B,
    options?: WaitOptions,
  ): Promise<B>;
  readExact(
    wanted: number | Uint8Array,
    options?: WaitOptions,
  ): Promise<Uint8Array> {
    try {
      const isCount = typeof wanted === "number";
      if (isCount) checkInteger("count", wanted, 0);
      else checkBytes(wanted);
      const wait = checkWait(options);
      const reader = this.#reader;
      if (isCount) return reader.call(new Exact(reader, wanted), wait);
      const own = plainBytes(wanted);
      const whole = new ReadWhole(reader, own, wait !== undefined);
      const reading = reader.call(whole, wait);
      return own === wanted ? reading : reading.then(() => wanted);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads up to and including `delimiter`. Resolves with null at the end of the
   * stream.
   *
   * @throws {MessageTooLongError} If the limit is reached first.
   * @throws {UnexpectedEofError} If the stream ends inside the message.
   *
   * In both cases the bytes received so far can still be read.
   *
   * @example The head of a request
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.send("GET /\r\nHost: a\r\n\r\nbody");
   * const head = await server.readUntil("\r\n\r\n", { limit: 8192 });
   * assertEquals(
   *   new TextDecoder().decode(head!).trim().split("\r\n"),
   *   ["GET /", "Host: a"],
   * );
   * assertEquals(server.buffered, 4); // the body stays to be read
   * ```
   */
  readUntil(
    delimiter: string | Uint8Array,
    options?: ReadUntilOptions,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const bytes = checkDelimiter(delimiter);
      const until = new ReadUntil(this.#reader, bytes, options);
      return this.#reader.call(until, checkWait(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads a line of UTF-8 text, without its end (LF or CRLF). The last line may lack
   * its end. Resolves with null at the end of the stream.
   *
   * @throws {MessageTooLongError} If the line with its end is longer than the limit.
   * Its bytes stay buffered, and can be read another way.
   *
   * @example A greeting, and the end
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await server.send("220 ready\r\n");
   * await server.closeWrite();
   * assertEquals(await client.readLine({ timeout: 5000 }), "220 ready");
   * assertEquals(await client.readLine(), null);
   * ```
   */
  readLine(options?: ReadUntilOptions): Promise<string | null> {
    try {
      const line = new ReadLine(this.#reader, options);
      return this.#reader.call(line, checkWait(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Iterates over the lines until the end of the stream. It also ends, without an
   * error, when the connection is closed on this side. `timeout` applies to each line
   * separately.
   *
   * @throws {MessageTooLongError} If a line with its end is longer than the limit.
   * @throws {RangeError} If the limit is not a positive integer.
   *
   * @example All lines of a peer
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.send("one\ntwo\nthree");
   * await client.closeWrite();
   *
   * const lines: string[] = [];
   * for await (const line of server.lines({ limit: 1024 })) lines.push(line);
   * assertEquals(lines, ["one", "two", "three"]);
   * ```
   */
  lines(options?: ReadUntilOptions): AsyncIterableIterator<string> {
    const line = new ReadLine(this.#reader, options);
    return iterateReads(this.#reader, line, options);
  }

  /**
   * Reads one frame. Resolves with null at the end of the stream.
   *
   * @throws {FrameError} If the frame is too large or malformed.
   * @throws {UnexpectedEofError} If the stream ends inside the frame.
   *
   * @example One message
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import {
   *   lengthPrefixFraming,
   * } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   * const framing = lengthPrefixFraming(2);
   *
   * await client.sendFrame(framing, new Uint8Array([1, 2, 3]));
   * const frame = await server.readFrame(framing, { timeout: 5000 });
   * assertEquals([...frame!], [1, 2, 3]);
   * ```
   */
  readFrame(
    framing: Framing,
    options?: FrameReadOptions,
  ): Promise<Uint8Array | null> {
    try {
      const wait = checkWait(options);
      const frame = this.#frameOf(framing, options?.borrow ?? false);
      return this.#reader.call(frame, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #frameOf(framing: Framing, borrow: boolean): NextFrame {
    const last = this.#nextFrame;
    if (last?.borrow === borrow && framing === this.#framing) return last;
    this.#framing = framing;
    return this.#nextFrame = new NextFrame(this.#reader, framing, borrow);
  }

  /**
   * Iterates over the frames until the end of the stream, one by one. It also ends,
   * without an error, when the connection is closed on this side. `timeout` applies to
   * each frame separately.
   *
   * @throws {FrameError} If a frame is too large or malformed.
   * @throws {UnexpectedEofError} If the stream ends inside a frame.
   *
   * @example Message by message
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { netstringFraming } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   * const framing = netstringFraming();
   *
   * for (const word of ["whole", "messages"]) {
   *   await client.sendFrame(framing, new TextEncoder().encode(word));
   * }
   * await client.closeWrite();
   *
   * const words: string[] = [];
   * for await (const frame of server.frames(framing)) {
   *   words.push(new TextDecoder().decode(frame));
   * }
   * assertEquals(words, ["whole", "messages"]);
   * ```
   */
  frames(
    framing: Framing,
    options?: FrameReadOptions,
  ): AsyncIterableIterator<Uint8Array> {
    const borrow = options?.borrow ?? false;
    const frame = new NextFrame(this.#reader, framing, borrow);
    return iterateReads(this.#reader, frame, options);
  }

  /**
   * Iterates over arrays of frames until the end of the stream. Each array has every
   * complete frame received so far. This is the fastest way to read small messages,
   * without a promise for each.
   *
   * @throws {FrameError} If a frame is too large or malformed.
   * @throws {UnexpectedEofError} If the stream ends inside a frame.
   *
   * @example A sum over very many small messages
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { fixedFraming } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   * const framing = fixedFraming(2);
   *
   * for (let i = 1; i <= 1000; i++) {
   *   await client.sendFrame(framing, new Uint8Array([i >> 8, i & 0xff]));
   * }
   * await client.closeWrite();
   *
   * let sum = 0;
   * for await (const batch of server.frameBatches(framing, { borrow: true })) {
   *   for (const [high, low] of batch) sum += high! << 8 | low!;
   * }
   * assertEquals(sum, 500_500);
   * ```
   */
  frameBatches(
    framing: Framing,
    options?: FrameReadOptions,
  ): AsyncIterableIterator<Uint8Array[]> {
    const borrow = options?.borrow ?? false;
    const batch = new FrameBatch(this.#reader, framing, borrow);
    return iterateReads(this.#reader, batch, options);
  }

  /**
   * Ends reading on this side: `shutdown` with SHUT_RD. It drops what is buffered.
   * Pending and later reads find the end of the stream. The peer does not notice. The
   * runtime may still write to the buffer of a read that was pending.
   *
   * @example Reading no more
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const reading = client.read(new Uint8Array(16));
   * client.closeRead();
   * assertEquals(await reading, null);
   * await client.send(new Uint8Array([1])); // the other way still goes
   * assertEquals((await server.readExact(1)).length, 1);
   * ```
   */
  closeRead(): void {
    this.#reader.endNow();
  }
}
