import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../libc/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { checkWait, waitFor, type WaitOptions } from "../wait/mod.ts";
import { checkCount } from "./_check.ts";
import { readLine, readUntil, type ReadUntilOptions } from "./_delimited.ts";
import {
  FrameIterator,
  FrameReader,
  type FrameReadOptions,
} from "./_frame_reader.ts";
import { encodeFrame, type Framing } from "./framing/mod.ts";
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

/** What {@linkcode TcpConn.detach} gives up. */
export interface DetachedConn {
  /** The runtime's connection. */
  conn: Deno.TcpConn;
  /** What had been received but not read: it comes before all that `conn` reads. */
  buffered: Uint8Array<ArrayBuffer>;
}

/**
 * A TCP connection, made by {@linkcode connectTcp} or accepted by a
 * {@linkcode TcpListener}. It passes wherever a `Deno.TcpConn` does.
 *
 * Reads wait their turn, and take bytes off the stream only when they deliver
 * them: one that times out, is aborted or fails loses none, and the next read
 * continues where it stood. Writes are queued and never mix.
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
  #streams: WebStreams | undefined;
  #isClosed = false;
  /** Settles when a close with queued messages has let them go. */
  #closing: Promise<void> = Promise.resolve();
  #onClose: (() => void) | undefined;

  /** Not for users: `connectTcp` and `TcpListener.accept` make connections. */
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
    });
    this.#writer = new StreamWriter(
      { write: (bytes) => transport.write(bytes), failure, timeout },
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
    const verb = syscall === "read" || syscall === "recv"
      ? "read from"
      : syscall === "write" || syscall === "send"
      ? "write to"
      : `${syscall} the connection to`;
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
   */
  read(buffer: Uint8Array, options?: WaitOptions): Promise<number | null> {
    return this.#reader.read(buffer, options);
  }

  /**
   * The next `count` bytes, which stay to be read: `recv` with MSG_PEEK. Fewer
   * only where the stream ends before.
   *
   * @throws {RangeError} When `count` is not an integer from 0 to 65536.
   */
  peek(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkCount(count, MAX_PEEK);
    return this.#reader.peek(count, options);
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
  /** Fills `buffer`, and resolves with it. */
  readExact<B extends Uint8Array>(
    buffer: B,
    options?: WaitOptions,
  ): Promise<B>;
  readExact(
    wanted: number | Uint8Array,
    options?: WaitOptions,
  ): Promise<Uint8Array> {
    if (typeof wanted !== "number") {
      return this.#reader.readExactInto(wanted, options);
    }
    checkCount(wanted);
    return this.#reader.readExact(wanted, options);
  }

  /**
   * Reads up to and including `delimiter`; null where the stream has ended.
   *
   * @throws {MessageTooLongError} When the limit is reached first.
   * @throws {UnexpectedEofError} When the stream ends inside the message.
   *
   * In both cases what had come can still be read.
   */
  readUntil(
    delimiter: string | Uint8Array,
    options?: ReadUntilOptions,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return readUntil(this.#reader, delimiter, options);
  }

  /**
   * Reads a line of UTF-8 text, without its end (LF or CRLF); null where the
   * stream has ended. The last line may lack its end.
   *
   * @throws {MessageTooLongError} When the line with its end is longer than the
   * limit; it can still be read.
   */
  readLine(options?: ReadUntilOptions): Promise<string | null> {
    return readLine(this.#reader, options);
  }

  /**
   * The lines until the end of the stream; ends quietly when the connection is
   * closed on this side.
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
   */
  readFrame(
    framing: Framing,
    options?: FrameReadOptions,
  ): Promise<Uint8Array | null> {
    return this.#framesOf(framing).one(options);
  }

  /**
   * The frames until the end of the stream, one by one; ends quietly when the
   * connection is closed on this side. A frame has the time `timeout` to come.
   *
   * @throws {FrameError} When a frame is too large or malformed.
   * @throws {UnexpectedEofError} When the stream ends inside a frame.
   */
  frames(
    framing: Framing,
    options?: FrameReadOptions,
  ): AsyncIterableIterator<Uint8Array> {
    return new FrameIterator(
      () => this.#isClosed ? undefined : this.#framesOf(framing).now(options),
      () => this.#untilClosed(this.#framesOf(framing).one(options)),
    );
  }

  /**
   * The frames until the end of the stream, all that have come at a time: the
   * fastest way to read small messages, without a promise for each.
   *
   * @throws {FrameError} When a frame is too large or malformed.
   * @throws {UnexpectedEofError} When the stream ends inside a frame.
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
    if (this.#frames?.framing === framing) return this.#frames.reader;
    const reader = new FrameReader(this.#reader, framing);
    this.#frames = { framing, reader };
    return reader;
  }

  #frames: { framing: Framing; reader: FrameReader } | undefined;

  // Writing

  /**
   * Writes some of `bytes`, and resolves with how many: C's `write`, and Deno's.
   * Most callers want {@linkcode TcpConn.send} or {@linkcode TcpConn.writeAll}.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   */
  write(bytes: Uint8Array, options?: WaitOptions): Promise<number> {
    return this.#writer.write(bytes, true, options);
  }

  /**
   * Writes all of `bytes`; they must not change until it resolves.
   *
   * Giving up takes the bytes out of the queue if none has left. Otherwise the
   * rest follows in the background, so that the peer never gets half a message;
   * they must then not change until `flush` resolves.
   *
   * @throws {SocketError} `EPIPE` or `ECONNRESET` when the peer has gone.
   */
  async writeAll(bytes: Uint8Array, options?: WaitOptions): Promise<void> {
    await this.#writer.write(bytes, false, options);
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
   */
  send(bytes: Uint8Array): Promise<void> {
    return this.#writer.send(bytes);
  }

  /**
   * Sends a frame, as {@linkcode TcpConn.send} does; small ones are encoded
   * straight into the send queue.
   *
   * @throws {FrameError} When the frame is larger than the limit.
   */
  sendFrame(framing: Framing, frame: Uint8Array): Promise<void> {
    const size = framing.encodedSize(frame);
    const target = this.#writer.reserve(size);
    if (target === undefined) return this.send(encodeFrame(framing, frame));
    framing.encodeInto(frame, target, this.#writer.tailEnd);
    return this.#writer.commit(size);
  }

  /** Resolves when less than the high-water mark is queued. */
  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /** Resolves when all that is queued now has been handed to the kernel. */
  flush(options?: WaitOptions): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#error("EBADF", "write"));
    return this.#writer.flush(options);
  }

  // Ending

  /**
   * Sends what is queued and then FIN: `shutdown` with SHUT_WR. The peer reads
   * the end of the stream; this side may go on reading. Later writes reject with
   * `EPIPE`. A second call waits for the first.
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
   * told.
   */
  closeRead(): void {
    this.#reader.endNow();
  }

  /**
   * Closes the connection: C's `close`. What waits on it rejects with a
   * `ClosedError`, iterations end quietly, and a second call does nothing.
   *
   * Messages that `send` has accepted still leave, for up to 5 seconds, as they
   * do after `close` in C; `await using` waits for that. Use
   * {@linkcode TcpConn.closeGracefully} to know that the peer has read them.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close(this.#closed("read"));
    const writer = this.#writer;
    if (writer.isIdle || writer.hasPendingWrite) {
      this.#closing = this.#closeNow();
    } else {
      writer.refuse(this.#closed("write"));
      this.#closing = waitFor(
        writer.settled(),
        { timeout: LINGER },
        () => this.#error("ETIMEDOUT", "close"),
      ).catch(() => {}).then(() => this.#closeNow());
    }
  }

  async #closeNow(): Promise<void> {
    this.#writer.fail(this.#closed("write"));
    let closing: void | Promise<void> = undefined;
    try {
      closing = this.#transport.close();
    } catch {
      // closed by the runtime's own hand already
    }
    this.#onClose?.();
    await closing;
  }

  /** Not for users: lets a server count its connections. */
  set onclose(callback: () => void) {
    this.#onClose = callback;
  }

  /**
   * Ends the connection so that both sides know: sends what is queued and FIN,
   * reads (and drops) until the peer has ended its side too, and closes.
   *
   * Closes in any case; rejects with `ETIMEDOUT` when the peer takes longer than
   * `timeout`, by default 5000 ms, and with what went wrong otherwise.
   */
  async closeGracefully(options?: WaitOptions): Promise<void> {
    if (this.#isClosed) return this.#closing;
    try {
      checkWait(options);
      await waitFor(
        this.#sayGoodbye(),
        { ...options, timeout: options?.timeout ?? DEFAULT_GRACE },
        () => this.#error("ETIMEDOUT", "close"),
      );
    } finally {
      if (!this.#isClosed) {
        this.#isClosed = true;
        this.#reader.close(this.#closed("read"));
        this.#closeNow();
      }
    }
  }

  async #sayGoodbye(): Promise<void> {
    await this.closeWrite();
    const dropped = new Uint8Array(DISCARD);
    while (await this.read(dropped) !== null);
  }

  /**
   * Ends the connection with RST, as SO_LINGER with a time of 0 does: what is
   * queued is dropped, and the peer gets `ECONNRESET`.
   *
   * @throws {NotSupportedError} When the transport cannot: `"deno"` needs a program
   * started with `--allow-ffi`, the others need nothing. It is then left open.
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
    this.#onClose?.();
  }

  /**
   * Gives up the runtime's connection, with what was received but not yet read,
   * such as for `Deno.startTls`. This object is closed then.
   *
   * @throws {BusyError} When a read or a write is pending, or what a read that was
   * given up had begun.
   * @throws {NotSupportedError} When the connection is not one of `Deno`'s.
   */
  detach(): DetachedConn {
    if (this.#isClosed) throw this.#error("EBADF", "detach");
    if (this.#reader.isBusy || this.#reader.isFilling || !this.#writer.isIdle) {
      throw socketError("EBUSY", {
        ...this.#context("detach"),
        reason: "a read or a write is pending",
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
    this.#onClose?.();
    return { conn, buffered };
  }

  // Settings

  /** TCP_NODELAY: whether small writes leave at once. It is on from the start. */
  setNoDelay(noDelay = true): void {
    this.#transport.setNoDelay(noDelay);
  }

  /**
   * SO_KEEPALIVE: whether an idle peer is asked for signs of life, after `idle`
   * milliseconds (TCP_KEEPIDLE) or after the system's own time.
   *
   * @throws {NotSupportedError} When the transport cannot set `idle`: open the
   * connection with `backend: "node"`.
   */
  setKeepAlive(keepAlive = true, idle?: number): void {
    if (this.#transport.setKeepAlive(keepAlive, idle)) return;
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
   */
  setOption<K extends SocketOptionName>(
    name: K,
    value: SocketOptions[K],
  ): Promise<void> {
    return this.#isClosed
      ? Promise.reject(this.#error("EBADF", "setsockopt"))
      : setOptions(this.#optionOwner, { [name]: value });
  }

  /**
   * Reads an option of the socket: C's `getsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return this.#isClosed
      ? Promise.reject(this.#error("EBADF", "getsockopt"))
      : readOption(this.#optionOwner, name);
  }

  get #optionOwner() {
    const { descriptor, localAddr, remoteAddr } = this.#transport;
    return { type: SOCK_STREAM, descriptor, localAddr, remoteAddr };
  }

  /** Lets what is pending keep the program alive, as it does from the start. */
  ref(): void {
    this.#transport.ref();
  }

  /** Lets the program end while something is pending. */
  unref(): void {
    this.#transport.unref();
  }

  // Web streams and disposal

  /** The bytes as a web stream, what is buffered included. Cancelling closes. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new WebStreams(this)).readable;
  }

  /**
   * A web stream to write to. Closing it is {@linkcode TcpConn.closeWrite}, and
   * closes the connection once `readable` has ended too; aborting it closes.
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
