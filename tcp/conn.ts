import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import { plainBytes } from "../internal/check/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import {
  checkWait,
  Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import {
  checkBytes,
  checkCount,
  checkIdle,
  isBytes,
  notBytes,
} from "./_check.ts";
import {
  checkDelimiter,
  Delimited,
  Line,
  readLimit,
  type ReadUntilOptions,
} from "./_delimited.ts";
import {
  FrameIterator,
  FrameReader,
  type FrameReadOptions,
} from "./_frame_reader.ts";
import { BuiltInFraming } from "./framing/built_in_framing.ts";
import { encodeShared } from "./framing/encode.ts";
import { encodeFrame, type Framing } from "./framing/mod.ts";
import { ReadSome, ReadWhole } from "./_memory_read.ts";
import { Exact, Peek } from "./_parser.ts";
import { type Refusal, refusal } from "./_refusal.ts";
import { StreamReader } from "./_stream_reader.ts";
import { StreamWriter } from "./_stream_writer.ts";
import type { StreamTransport, TcpBackend } from "./_transport.ts";
import { WebStreams } from "./_web_streams.ts";

/** How many queued bytes make `send` wait, unless the user says. */
export const DEFAULT_HIGH_WATER_MARK: number = 256 * 1024;
/** The most that `peek` may ask for, in bytes. */
const MAX_PEEK = 64 * 1024;
/** How long `closeGracefully` waits, unless the user says, in milliseconds. */
const DEFAULT_GRACE = 5000;
/** How long a close waits for queued messages to leave, in milliseconds. */
const LINGER = 5000;
/** What `closeGracefully` reads and drops at a time, in bytes. */
const DISCARD = 64 * 1024;

/** How calls read in messages; as themselves, unless said here. */
const VERBS: Record<string, string> = {
  read: "read from",
  recv: "read from",
  write: "write to",
  send: "write to",
  shutdown: "shut down the connection to",
  setsockopt: "set an option of the connection to",
  getsockopt: "get an option of the connection to",
};

/** What {@linkcode TcpConn.prototype.detach | TcpConn.detach} gives up. */
export interface DetachedConn {
  /** The runtime's connection. */
  conn: Deno.TcpConn;
  /** What had been received but not read: it comes before all that `conn` reads. */
  buffered: Uint8Array<ArrayBuffer>;
}

/**
 * A TCP connection, made by {@linkcode connectTcp} or accepted by a
 * {@linkcode TcpListener}. It passes wherever a `Deno.TcpConn` does; only
 * `Deno.startTls` wants the runtime's own, which
 * {@linkcode TcpConn.prototype.detach | TcpConn.detach} gives.
 *
 * Reads wait their turn, and take bytes off the stream only when they deliver
 * them: one that times out, is aborted or fails loses none, and the next read
 * continues where it stood. Writes are queued and never mix.
 *
 * The receive buffer follows the stream, up to 256 KiB, and doubles for a message
 * that needs more. Once it is empty, a buffer above 16 KiB is given back, so that
 * an idle connection keeps little.
 *
 * Every call that waits rejects with `signal.reason` when aborted, with a
 * `SocketError` of code `ETIMEDOUT` when its time is up, and with one of code
 * `EBADF` (a `ClosedError`) when the connection is closed meanwhile.
 *
 * @example Lines and exact counts of bytes
 * ```ts
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * using client = await connectTcp(listener.addr);
 * using server = await listener.accept();
 *
 * await client.send(new TextEncoder().encode("hello\n\x01\x02"));
 * assertEquals(await server.readLine(), "hello");
 * assertEquals(await server.readExact(2), new Uint8Array([1, 2]));
 * ```
 */
export class TcpConn implements Deno.TcpConn {
  readonly #transport: StreamTransport;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  /** The timeouts of calls: they keep the program alive as the connection does. */
  readonly #timers = new Timers();
  #streams: WebStreams | undefined;
  #isClosed = false;
  /** Settles when a close with queued messages has let them go. */
  #closing: Promise<void> = Promise.resolve();

  /**
   * Not for users: `connectTcp` and `TcpListener.accept` make connections.
   *
   * @ignore
   */
  constructor(
    transport: StreamTransport,
    options: { highWaterMark?: number | undefined } = {},
  ) {
    this.#transport = transport;
    const failure = (error: unknown, syscall: string) =>
      this.#failure(error, syscall);
    const timeout = (syscall: string) => this.#error("ETIMEDOUT", syscall);
    this.#reader = new StreamReader({
      read: (buffer) => transport.read(buffer),
      failure,
      timeout,
      timers: this.#timers,
    });
    this.#writer = new StreamWriter(
      {
        write: (bytes) => transport.write(bytes),
        failure,
        timeout,
        timers: this.#timers,
      },
      options.highWaterMark ?? DEFAULT_HIGH_WATER_MARK,
    );
  }

  /** The address of the near end: C's `getsockname`. */
  get localAddr(): Deno.NetAddr {
    return this.#transport.localAddr;
  }

  /** The address of the far end: C's `getpeername`. */
  get remoteAddr(): Deno.NetAddr {
    return this.#transport.remoteAddr;
  }

  /** Which API of the runtime carries the connection. */
  get backend(): TcpBackend {
    return this.#transport.backend;
  }

  /** How many bytes have been received from the peer, read already or not. */
  get bytesRead(): number {
    return this.#reader.bytesRead;
  }

  /** How many bytes have been handed to the kernel. */
  get bytesWritten(): number {
    return this.#writer.bytesWritten;
  }

  /** How many bytes wait in the send queue. */
  get queued(): number {
    return this.#writer.queued;
  }

  /** Whether the connection has been closed on this side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #subject(): string {
    const { hostname, port } = this.remoteAddr;
    return formatHostPort(hostname, port);
  }

  #context(syscall: string) {
    const verb = VERBS[syscall] ?? `${syscall} the connection to`;
    return {
      action: `${verb} ${this.#subject()}`,
      syscall,
      localAddr: this.localAddr,
      remoteAddr: this.remoteAddr,
    };
  }

  #error(code: string, syscall: string): Error {
    return socketError(code, this.#context(syscall));
  }

  #closed(syscall: string): Refusal {
    return refusal(() => this.#error("EBADF", syscall));
  }

  #failure(error: unknown, syscall: string): Error {
    return this.#isClosed
      ? this.#error("EBADF", syscall)
      : toSocketError(error, this.#context(syscall));
  }

  // Reading

  /** How many bytes can be read without waiting. */
  get buffered(): number {
    return this.#reader.isBusy ? 0 : this.#reader.buffered;
  }

  /**
   * Takes exactly `count` bytes if so many are buffered, else null: for parsers
   * that want no promise for each small piece. The bytes are the caller's own.
   *
   * @throws {RangeError} When `count` is not a positive integer or 0.
   *
   * @example Small pieces without a promise each
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await server.send(new Uint8Array([2, 7, 9]));
   * await client.peek(3); // now they are buffered
   * assertEquals(client.take(1), new Uint8Array([2]));
   * assertEquals(client.take(3), null); // only two are left
   * assertEquals(client.take(2), new Uint8Array([7, 9]));
   * ```
   */
  take(count: number): Uint8Array<ArrayBuffer> | null {
    checkCount(count);
    return this.buffered < count ? null : this.#reader.takeNow(count);
  }

  /**
   * Reads what there is into `buffer`: C's `read` and `recv`. Resolves with the
   * count of bytes as soon as there is one, or with null when the peer has ended
   * its side.
   *
   * @throws {SocketError} `ECONNRESET` when the peer has reset the connection.
   *
   * @example A read that is given up loses nothing
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * const buffer = new Uint8Array(1024);
   * await assertRejects(() => server.read(buffer, { timeout: 10 }), TimedOutError);
   *
   * await client.send(new TextEncoder().encode("hello"));
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
   * The next `count` bytes, which stay to be read: `recv` with MSG_PEEK. Fewer
   * only where the stream ends before.
   *
   * @throws {RangeError} When `count` is not an integer from 0 to 65536.
   *
   * @example Which protocol a client speaks
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await client.send(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
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
      checkCount(count, MAX_PEEK);
      const wait = checkWait(options);
      return this.#reader.call(new Peek(this.#reader, count), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads exactly `count` bytes: `recv` with MSG_WAITALL. Memory is taken as the
   * bytes arrive, not before.
   *
   * @throws {UnexpectedEofError} When the stream ends before; what had come can
   * still be read.
   */
  readExact(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `buffer`, and resolves with it.
   *
   * @example Into memory of one's own
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
      if (isCount) checkCount(wanted);
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
   * Reads up to and including `delimiter`; null where the stream has ended.
   *
   * @throws {MessageTooLongError} When the limit is reached first.
   * @throws {UnexpectedEofError} When the stream ends inside the message.
   *
   * In both cases what had come can still be read.
   *
   * @example The head of a request
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await client.send(new TextEncoder().encode("GET /\r\nHost: a\r\n\r\nbody"));
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
      const limit = readLimit(options);
      const wait = checkWait(options);
      return this.#reader.call(new Delimited(this.#reader, bytes, limit), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reads a line of UTF-8 text, without its end (LF or CRLF); null where the
   * stream has ended. The last line may lack its end.
   *
   * @throws {MessageTooLongError} When the line with its end is longer than the
   * limit; it can still be read.
   *
   * @example A greeting, and the end
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await server.send(new TextEncoder().encode("220 ready\r\n"));
   * await server.closeWrite();
   * assertEquals(await client.readLine({ timeout: 5000 }), "220 ready");
   * assertEquals(await client.readLine(), null);
   * ```
   */
  readLine(options?: ReadUntilOptions): Promise<string | null> {
    try {
      const limit = readLimit(options);
      const wait = checkWait(options);
      return this.#reader.call(new Line(this.#reader, limit), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The lines until the end of the stream; ends quietly when the connection is
   * closed on this side.
   *
   * @throws {MessageTooLongError} When a line with its end is longer than the
   * limit.
   *
   * @example All lines that a peer has to say
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await client.send(new TextEncoder().encode("one\ntwo\nthree"));
   * await client.closeWrite();
   *
   * const lines: string[] = [];
   * for await (const line of server.lines({ limit: 1024 })) lines.push(line);
   * assertEquals(lines, ["one", "two", "three"]);
   * ```
   */
  async *lines(
    options?: ReadUntilOptions,
  ): AsyncIterableIterator<string> {
    for (;;) {
      let line: string | null;
      try {
        line = await this.readLine(options);
      } catch (error) {
        if (this.#isClosed) return;
        throw error;
      }
      if (line === null) return;
      yield line;
    }
  }

  /**
   * Reads one frame; null where the stream has ended.
   *
   * @throws {FrameError} When the frame is too large or malformed.
   * @throws {UnexpectedEofError} When the stream ends inside the frame.
   *
   * @example One message
   * ```ts
   * import {
   *   connectTcp,
   *   lengthPrefixFraming,
   *   listenTcp,
   * } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
      return this.#framesOf(framing).one(options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The frames until the end of the stream, one by one; ends quietly when the
   * connection is closed on this side. A frame has the time `timeout` to come.
   *
   * @throws {FrameError} When a frame is too large or malformed.
   * @throws {UnexpectedEofError} When the stream ends inside a frame.
   *
   * @example Message by message
   * ```ts
   * import { connectTcp, listenTcp, netstringFraming } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
    const frames = new FrameReader(this.#reader, framing);
    return new FrameIterator(frames, options);
  }

  /**
   * The frames until the end of the stream, all that have come at a time: the
   * fastest way to read small messages, without a promise for each.
   *
   * @throws {FrameError} When a frame is too large or malformed.
   * @throws {UnexpectedEofError} When the stream ends inside a frame.
   *
   * @example A sum over very many small messages
   * ```ts
   * import { connectTcp, fixedFraming, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
  async *frameBatches(
    framing: Framing,
    options?: FrameReadOptions,
  ): AsyncIterableIterator<Uint8Array[]> {
    for (;;) {
      const batch = await this.#untilClosed(
        this.#framesOf(framing).batch(options),
      );
      if (batch === null) return;
      yield batch;
    }
  }

  /** Makes of a close on this side the end of the stream. */
  async #untilClosed<T>(frames: Promise<T | null>): Promise<T | null> {
    try {
      return await frames;
    } catch (error) {
      if (this.#isClosed) return null;
      throw error;
    }
  }

  /** The reader of the framing that was used last: mostly there is only one. */
  #framesOf(framing: Framing): FrameReader {
    if (this.#frames?.framing !== framing) {
      this.#frames = new FrameReader(this.#reader, framing);
    }
    return this.#frames;
  }

  #frames: FrameReader | undefined;

  // Writing

  /**
   * Writes some of `bytes`, and resolves with how many: C's `write`, and Deno's.
   * Most callers want {@linkcode TcpConn.prototype.send | TcpConn.send} or
   * {@linkcode TcpConn.prototype.writeAll | TcpConn.writeAll}.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   *
   * @example How much the kernel took
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * const count = await client.write(new Uint8Array([1, 2, 3]));
   * assertEquals(count, 3); // of a large piece it may be less
   * assertEquals(await server.readExact(count), new Uint8Array([1, 2, 3]));
   * ```
   */
  write(bytes: Uint8Array, options?: WaitOptions): Promise<number> {
    if (!isBytes(bytes)) return Promise.reject(notBytes(bytes));
    return this.#writer.write(plainBytes(bytes), true, options);
  }

  /**
   * Writes all of `bytes`; they must not change until it resolves.
   *
   * Giving up takes the bytes out of the queue if none has left. Otherwise the
   * rest follows in the background, so that the peer never gets half a message;
   * they must then not change until `flush` resolves.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   *
   * @example A large piece, with a time limit
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * const piece = new Uint8Array(4_000_000).fill(7);
   * const writing = client.writeAll(piece, { timeout: 30_000 });
   * assertEquals((await server.readExact(piece.length)).at(-1), 7);
   * await writing;
   * assertEquals(client.bytesWritten, piece.length);
   * ```
   */
  async writeAll(bytes: Uint8Array, options?: WaitOptions): Promise<void> {
    checkBytes(bytes);
    await this.#writer.write(plainBytes(bytes), false, options);
  }

  /**
   * Queues `bytes` to be sent with all else that is sent in this turn of the
   * event loop, in as few calls of the runtime as can be.
   *
   * Resolves at once while less than the high-water mark is queued, and else
   * when there is room again: awaiting it is all the back-pressure a sender
   * needs. Messages below 64 KiB are copied, so that the caller may use the
   * buffer again; larger ones must not change until it resolves, which is then
   * when they have been written.
   *
   * A failure to write rejects what waits: this, `drained`, `flush`, and every
   * later call. A promise of `send` that nobody awaits never ends the program.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone;
   * `ENOBUFS` when 64 times the high-water mark is queued by a caller who does
   * not await.
   *
   * @example Many small messages in a few calls
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * for (const word of ["to ", "be ", "sent\n"]) {
   *   await client.send(new TextEncoder().encode(word)); // resolves at once
   * }
   * assertEquals(await server.readLine(), "to be sent");
   * ```
   */
  send(bytes: Uint8Array): Promise<void> {
    if (!isBytes(bytes)) return Promise.reject(notBytes(bytes));
    return this.#writer.send(plainBytes(bytes));
  }

  /**
   * Sends a frame, as {@linkcode TcpConn.prototype.send | TcpConn.send} does; small
   * ones are encoded straight into the send queue.
   *
   * @throws {FrameError} When the frame is larger than the limit.
   * @throws {TypeError} If the framing breaks the contract of `Framing`; nothing of
   * the frame is sent then.
   *
   * @example A message with its length in front
   * ```ts
   * import {
   *   connectTcp,
   *   lengthPrefixFraming,
   *   listenTcp,
   * } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
    const target = this.#writer.reserve(size);
    if (target === undefined) return this.send(encodeFrame(framing, own));
    framing.encodeInto(own, target, this.#writer.tailEnd);
    return this.#writer.commit(size);
  }

  /** The framing of this package that was used last: looking again is dear. */
  #builtIn: Framing | undefined;

  #sendOther(framing: Framing, frame: Uint8Array): Promise<void> {
    try {
      checkBytes(frame);
      if (!BuiltInFraming.has(framing)) {
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
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assert, assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * client.send(new Uint8Array(10));
   * await client.flush({ timeout: 5000 });
   * assertEquals([client.queued, client.bytesWritten], [0, 10]);
   * assertEquals((await server.readExact(10)).length, 10);
   * ```
   */
  flush(options?: WaitOptions): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#error("EBADF", "write"));
    return this.#writer.flush(options);
  }

  // Ending

  /**
   * Sends what is queued and then FIN: `shutdown` with SHUT_WR. The peer reads
   * the end of the stream; this side may go on reading. Later writes reject with
   * `EPIPE`. A second call waits for the first.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone;
   * `EBADF` when the connection is closed.
   *
   * @example A question to its end, then the answer
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await client.send(new TextEncoder().encode("1 2 3"));
   * await client.closeWrite();
   * const question = await server.readLine(); // to the end of the stream
   * await server.send(new TextEncoder().encode(`${question} 4\n`));
   * assertEquals(await client.readLine(), "1 2 3 4");
   * ```
   */
  closeWrite(): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#error("EBADF", "shutdown"));
    return this.#finishing ??= this.#finish();
  }

  #finishing: Promise<void> | undefined;

  async #finish(): Promise<void> {
    const flushed = this.#writer.flush();
    this.#writer.refuse(refusal(() => this.#error("EPIPE", "write")));
    await flushed;
    try {
      await this.#transport.closeWrite();
    } catch (error) {
      throw this.#failure(error, "shutdown");
    }
  }

  /**
   * Ends reading on this side: `shutdown` with SHUT_RD. What is buffered is
   * dropped, pending and later reads find the end of the stream. The peer is not
   * told. The buffer of a read that was pending may still be written to.
   *
   * @example No more of that
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
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

  /**
   * Closes the connection: C's `close`. Pending reads and writes reject with a
   * `ClosedError`, iterations end quietly, and a second call does nothing.
   *
   * Messages that `send` has accepted still leave, for up to 5 seconds, and so does
   * a write that has begun; a pending `send` resolves when they have. `await using`
   * waits for that. What is left then ends in RST, so that the peer never takes a
   * part for the whole; `"deno"` needs `--allow-ffi` for that. Use
   * {@linkcode TcpConn.prototype.closeGracefully | TcpConn.closeGracefully} to know
   * that the peer has read them.
   *
   * @example What waits is told
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * const reading = client.readLine();
   * client.close();
   * client.close(); // does nothing
   * await assertRejects(() => reading, ClosedError);
   * assertEquals(await server.readLine(), null);
   * ```
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close(this.#closed("read"));
    const writer = this.#writer;
    writer.close(this.#closed("write"));
    this.#closing = writer.isIdle ? this.#closeNow() : waitFor(
      writer.settled(),
      { timeout: LINGER },
      () => this.#error("ETIMEDOUT", "close"),
      undefined,
      this.#timers,
    ).catch(() => {}).then(() => this.#closeNow());
  }

  /** Ends the connection: with FIN if all that was accepted has left, else with RST. */
  async #closeNow(): Promise<void> {
    const isReset = this.#writer.owesBytes && this.#tryReset();
    this.#writer.fail(this.#closed("write"));
    if (isReset) return;
    try {
      await this.#transport.close();
    } catch {
      // closed by the runtime's own hand already
    }
  }

  #tryReset(): boolean {
    try {
      return this.#transport.reset();
    } catch {
      return false; // such as that the peer has reset it first
    }
  }

  /**
   * Ends the connection so that both sides know: sends what is queued and FIN,
   * reads and drops all that comes, also after
   * {@linkcode TcpConn.prototype.closeRead | closeRead}, until the peer has ended
   * its side too, and closes.
   *
   * Closes in any case; rejects with `ETIMEDOUT` when the peer takes longer than
   * `timeout`, by default 5000 ms, and with what went wrong otherwise. If part of
   * the queue has not left by then, the peer sees a reset, as after `close`.
   *
   * @throws {TimedOutError} When the peer has not ended its side in time.
   * @throws {RangeError} When `timeout` is negative; the connection stays open.
   *
   * @example Knowing that the peer has read it all
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * const serving = (async () => {
   *   const line = await server.readLine();
   *   assertEquals(await server.readLine(), null); // the end
   *   server.close();
   *   return line;
   * })();
   * await client.send(new TextEncoder().encode("the last word\n"));
   * await client.closeGracefully({ timeout: 5000 });
   * assertEquals(await serving, "the last word");
   * ```
   */
  async closeGracefully(options?: WaitOptions): Promise<void> {
    const { signal, timeout = DEFAULT_GRACE } = options ?? {};
    checkWait({ timeout, signal: signal?.aborted ? undefined : signal });
    if (this.#isClosed) return this.#closing;
    try {
      await waitFor(
        this.#sayGoodbye(),
        { signal, timeout },
        () => this.#error("ETIMEDOUT", "close"),
        undefined,
        this.#timers,
      );
    } finally {
      if (!this.#isClosed) {
        this.#isClosed = true;
        this.#reader.close(this.#closed("read"));
        this.#closing = this.#closeNow();
      }
    }
  }

  async #sayGoodbye(): Promise<void> {
    // At the same time: a peer may read on only once its own bytes are read.
    await Promise.all([this.closeWrite(), this.#dropRest()]);
  }

  /** Reads and drops what comes until the peer ends its side. */
  async #dropRest(): Promise<void> {
    const dropped = new Uint8Array(DISCARD);
    while (await this.read(dropped) !== null);
    // After closeRead() the peer may still be sending: closing would reset it.
    await this.#reader.discard();
  }

  /**
   * Ends the connection with RST, as SO_LINGER with a time of 0 does: what is
   * queued is dropped, and the peer gets `ECONNRESET`.
   *
   * @throws {NotSupportedError} When the transport cannot: `"deno"` needs a program
   * started with `--allow-ffi`, the others need nothing. It is then left open.
   *
   * @example A peer that is cut off
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { ConnectionResetError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp({ ...listener.addr, backend: "node" });
   * using server = await listener.accept();
   *
   * client.reset();
   * await assertRejects(
   *   () => server.read(new Uint8Array(1)),
   *   ConnectionResetError,
   * );
   * ```
   */
  reset(): void {
    if (this.#isClosed) return;
    if (!this.#transport.reset()) {
      throw socketError("ENOTSUP", {
        ...this.#context("reset"),
        reason:
          `the "${this.backend}" backend has no RST without --allow-ffi; grant it, or connect or listen with backend: "node"`,
      });
    }
    this.#isClosed = true;
    this.#reader.close(this.#closed("read"));
    this.#writer.fail(this.#closed("write"));
  }

  /**
   * Gives up the runtime's connection, with what was received but not yet read,
   * such as for `Deno.startTls`. This object is closed then.
   *
   * A read that timed out or was aborted before any byte came leaves the runtime
   * reading, which nothing can cancel. `await conn.peek(1)` waits until that has
   * ended; then `detach` succeeds, and what came is in `buffered`. If the peer sends
   * nothing before this side does, use no timeout for the last read before `detach`.
   *
   * @throws {BusyError} If a read or a write is pending, or the runtime is still
   * reading for a cancelled read.
   * @throws {NotSupportedError} When the connection is not one of `Deno`'s.
   *
   * @example Deno's own connection, and what had come
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * await server.send(new TextEncoder().encode("ready\nmore"));
   * assertEquals(await client.readLine(), "ready");
   * await client.peek(4);
   *
   * const { conn, buffered } = client.detach(); // such as for Deno.startTls
   * using own = conn;
   * assertEquals(new TextDecoder().decode(buffered), "more");
   * await own.write(new Uint8Array([1]));
   * assertEquals(await server.readExact(1), new Uint8Array([1]));
   * ```
   */
  detach(): DetachedConn {
    if (this.#isClosed) throw this.#error("EBADF", "detach");
    const isReading = this.#reader.isBusy;
    if (isReading || this.#reader.isFilling || !this.#writer.isIdle) {
      throw socketError("EBUSY", {
        ...this.#context("detach"),
        reason: isReading || !this.#writer.isIdle
          ? "a read or a write is pending"
          : "the runtime still reads for a read that was cancelled; await peek(1) first",
      });
    }
    const conn = this.#transport.detach();
    if (conn === undefined) {
      throw socketError("ENOTSUP", {
        ...this.#context("detach"),
        reason: `the "${this.backend}" backend has no Deno.TcpConn`,
      });
    }
    this.#isClosed = true;
    const buffered = this.#reader.takeNow(this.#reader.buffered);
    this.#reader.close(this.#closed("read"));
    this.#writer.fail(this.#closed("write"));
    return { conn, buffered };
  }

  // Settings

  /**
   * TCP_NODELAY: whether small writes leave at once. It is on from the start.
   *
   * @throws {ClosedError} When the connection is closed.
   *
   * @example Leaving small segments to Nagle's algorithm
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * client.setNoDelay(false);
   * await client.send(new Uint8Array([1]));
   * assertEquals(await server.readExact(1), new Uint8Array([1]));
   * ```
   */
  setNoDelay(noDelay = true): void {
    this.#set(() => this.#transport.setNoDelay(noDelay));
  }

  #set<T>(apply: () => T): T {
    if (this.#isClosed) throw this.#error("EBADF", "setsockopt");
    try {
      return apply();
    } catch (error) {
      throw this.#failure(error, "setsockopt");
    }
  }

  /**
   * SO_KEEPALIVE: whether an idle peer is asked for signs of life, after `idle`
   * milliseconds (TCP_KEEPIDLE), rounded up to whole seconds, or after the system's
   * own time.
   *
   * @throws {NotSupportedError} When the transport cannot set `idle`: open the
   * connection with `backend: "node"`.
   * @throws {RangeError} When `idle` is 0 or less, or more than 32,767 seconds.
   * @throws {ClosedError} When the connection is closed.
   *
   * @example Probes after a minute of silence
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp({ ...listener.addr, backend: "node" });
   * using server = await listener.accept();
   *
   * client.setKeepAlive(true, 60_000);
   * server.setKeepAlive(); // after the system's own time
   * assertEquals(client.isClosed, false);
   * ```
   */
  setKeepAlive(keepAlive = true, idle?: number): void {
    if (idle !== undefined) checkIdle(idle);
    const isSet = this.#set(() =>
      this.#transport.setKeepAlive(keepAlive, idle)
    );
    if (isSet) return;
    throw socketError("ENOTSUP", {
      ...this.#context("setsockopt"),
      reason:
        `the "${this.backend}" backend has no idle time; connect or listen with backend: "node"`,
    });
  }

  /**
   * Sets an option of the socket: C's `setsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   * @throws {SocketError} `ENOPROTOOPT` when the system has no such option, `EINVAL`
   * when it does not take the value.
   *
   * @example Where the program may use libc
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertInstanceOf } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * try {
   *   await client.setOption("TCP_USER_TIMEOUT", 5000);
   *   assertEquals(await client.getOption("TCP_USER_TIMEOUT"), 5000);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  setOption<K extends SocketOptionName>(
    name: K,
    value: SocketOptions[K],
  ): Promise<void> {
    return setOptions(() => this.#optionOwner("setsockopt"), {
      [name]: value,
    });
  }

  /**
   * Reads an option of the socket: C's `getsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   *
   * @example The size of a buffer of the kernel
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assert, assertEquals, assertInstanceOf } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * try {
   *   assert(await client.getOption("SO_RCVBUF") > 0);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(() => this.#optionOwner("getsockopt"), name);
  }

  #optionOwner(syscall: string) {
    if (this.#isClosed) throw this.#error("EBADF", syscall);
    const { descriptor, localAddr, remoteAddr } = this.#transport;
    return { type: SOCK_STREAM, descriptor, localAddr, remoteAddr };
  }

  /**
   * Lets what is pending keep the program alive, as it does from the start.
   *
   * @example A read that counts again
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * client.unref();
   * const reading = client.read(new Uint8Array(1));
   * client.ref();
   * await server.send(new Uint8Array([1]));
   * assertEquals(await reading, 1);
   * ```
   */
  ref(): void {
    this.#transport.ref();
    this.#timers.ref();
  }

  /**
   * Lets the program end while something is pending. Over `"deno"`, a write that
   * waits for the peer still keeps it alive.
   *
   * @example A background connection
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp(listener.addr);
   * using server = await listener.accept();
   *
   * client.unref();
   * const news = client.readLine(); // pending, it does not keep the program alive
   * await server.send(new TextEncoder().encode("news\n"));
   * client.ref();
   * assertEquals(await news, "news");
   * ```
   */
  unref(): void {
    this.#transport.unref();
    this.#timers.unref();
  }

  // Web streams and disposal

  /**
   * The bytes as a web stream, what is buffered included. Cancelling it closes the
   * connection, as an error of it does.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new WebStreams(this)).readable;
  }

  /**
   * A web stream to write to. Closing it is
   * {@linkcode TcpConn.prototype.closeWrite | TcpConn.closeWrite}, and closes the
   * connection once `readable` has ended too; aborting it closes at once, and an
   * error of it where nobody has asked for `readable`.
   */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return (this.#streams ??= new WebStreams(this)).writable;
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the connection, and waits for what `send` has accepted to leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#closing;
  }
}
