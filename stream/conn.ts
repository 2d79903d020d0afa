import type { Addr, UnixAddr } from "../address/mod.ts";
import { checkCount } from "../internal/check/mod.ts";
import { showFields } from "../internal/runtime/mod.ts";
import { Timers } from "../internal/wait/mod.ts";
import type { BytePair } from "./_pair_transport.ts";
import { ConnErrors, showAddr } from "./_conn_errors.ts";
import type { NodeDuplex } from "./_duplex_transport.ts";
import { type SourceOptions, sourceTransport } from "./_source.ts";
import { StreamReader } from "./_stream_reader.ts";
import { StreamWriter } from "./_stream_writer.ts";
import type { StreamTransport } from "./_transport.ts";
import { WebStreams } from "./_web_streams.ts";
import type { DenoConn } from "./deno_conn.ts";
import { EndingConn } from "./ending_conn.ts";

/** How many queued bytes make `send` wait by default. */
export const DEFAULT_HIGH_WATER_MARK: number = 256 * 1024;

/**
 * A connection over any stream of bytes. A kind of socket adds what only it has:
 * `TcpConn` is a `StreamConn`. It passes wherever a `Deno.Conn` does.
 *
 * {@linkcode ReadingConn} and {@linkcode SendingConn} hold its methods that read and
 * send, {@linkcode EndingConn} those that close it.
 *
 * Every call that waits rejects with `signal.reason` when aborted, with a
 * `SocketError` of code `ETIMEDOUT` when its timeout ends, and with one of code
 * `EBADF` (a `ClosedError`) when the connection is closed.
 *
 * @example A function for every kind of connection
 * ```ts
 * import type { StreamConn } from "@berkeley/sockets/stream";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet(conn: StreamConn): Promise<void> {
 *   await conn.send("220 ready\r\n");
 * }
 *
 * using pair = connPair();
 * const { client, server } = pair;
 * await greet(server);
 * assertEquals(await client.readLine(), "220 ready");
 * ```
 */
export class StreamConn<A extends Addr = Addr, C = unknown>
  extends EndingConn<A, C> {
  readonly #transport: StreamTransport<A>;
  /** The timeouts of calls: they keep the program alive as the connection does. */
  readonly #timers: Timers;
  #streams: WebStreams | undefined;

  /**
   * Not for users: functions such as `connectTcp` make connections.
   *
   * @ignore
   */
  constructor(
    transport: StreamTransport<A>,
    options: { highWaterMark?: number | undefined } = {},
  ) {
    const { highWaterMark = DEFAULT_HIGH_WATER_MARK } = options;
    const errors = new ConnErrors(transport);
    const timers = new Timers();
    const reader = new StreamReader(transport, errors, timers);
    const writer = new StreamWriter(transport, errors, timers, highWaterMark);
    super({ transport, reader, writer, errors, timers });
    this.#transport = transport;
    this.#timers = timers;
  }

  /**
   * Makes a connection from a stream of bytes that another API opened: any `Deno.Conn`,
   * such as one of `Deno.connectTls`; any `stream.Duplex` of Node, such as a
   * `net.Socket`; or two web streams, such as those of a child process. The connection
   * owns the source, until {@linkcode EndingConn.prototype.detach | detach} returns it.
   *
   * It reads the source only while a call waits for bytes: at most 256 KiB ahead, and
   * one chunk more of web streams that are not byte streams. Web streams and streams of
   * Node get a copy of the bytes that are sent.
   *
   * Calls that the source does not support fail with `ENOTSUP`: `ref` and `unref` for
   * web streams. `close` ends both streams, and aborts them if it cannot send the queued
   * messages. If one half is missing, it is at its end.
   *
   * @throws {TypeError} If the source has none of these shapes, or is a `StreamConn`
   * itself; if one of its streams is locked or destroyed, has failed, is in object mode
   * or has an encoding.
   * @throws {RangeError} If `highWaterMark` is no integer of 1 or more.
   *
   * @example Lines over a connection of `Deno`
   * ```ts
   * import { StreamConn } from "@berkeley/sockets/stream";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
   * const { port } = listener.addr;
   * using client = StreamConn.from(await Deno.connect({ port }));
   * using server = StreamConn.from(await listener.accept());
   *
   * await client.send("hello\n");
   * assertEquals(await server.readLine({ timeout: 5000 }), "hello");
   * assertEquals(client.remoteAddr.port, port);
   * ```
   *
   * @example Two web streams
   * ```ts
   * import { StreamConn } from "@berkeley/sockets/stream";
   * import { assertEquals } from "@std/assert";
   *
   * const zipped = new CompressionStream("gzip");
   * const plain = zipped.readable.pipeThrough(new DecompressionStream("gzip"));
   * await using conn = StreamConn.from({
   *   readable: plain,
   *   writable: zipped.writable,
   * });
   * await conn.send("many words\n");
   * await conn.closeWrite();
   * assertEquals(await conn.readLine(), "many words");
   * ```
   */
  static from<A extends Addr, C extends DenoConn<A>>(
    source: C & DenoConn<A>,
    options?: SourceOptions<A>,
  ): StreamConn<A, C>;
  /** Makes a connection of a stream of Node. */
  static from<C extends NodeDuplex>(
    source: C,
    options?: SourceOptions,
  ): StreamConn<Addr, C>;
  /** Makes a connection of two web streams. */
  static from<C extends BytePair, A extends Addr = UnixAddr>(
    source: C,
    options?: SourceOptions<A>,
  ): StreamConn<A | UnixAddr, C>;
  static from(
    source: DenoConn | NodeDuplex | BytePair,
    options: SourceOptions = {},
  ): StreamConn {
    if (source instanceof StreamConn) {
      throw new TypeError(
        "Cannot make a connection of a StreamConn: use it as it is",
      );
    }
    const { highWaterMark, localAddr, remoteAddr } = options;
    checkCount("highWaterMark", highWaterMark);
    const addrs = { localAddr, remoteAddr };
    return new StreamConn(sourceTransport(source, addrs), { highWaterMark });
  }

  /** The local address: C's `getsockname`. */
  get localAddr(): A {
    return this.#transport.localAddr;
  }

  /** The remote address: C's `getpeername`. */
  get remoteAddr(): A {
    return this.#transport.remoteAddr;
  }

  /** Which API carries the connection. */
  get backend(): string {
    return this.#transport.backend;
  }

  /**
   * Lets what is pending keep the program alive, as it does from the start.
   *
   * @example A read that counts again
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * client.unref();
   * const reading = client.read(new Uint8Array(1));
   * client.ref();
   * await server.send(new Uint8Array([1]));
   * assertEquals(await reading, 1);
   * ```
   */
  ref(): void {
    this.#checkRef();
    this.#transport.ref();
    this.#timers.ref();
  }

  /**
   * Lets the program end while something is pending. Over `"deno"`, a write that
   * waits for the peer still keeps it alive.
   *
   * @example A background connection
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * client.unref();
   * const news = client.readLine(); // pending, it does not keep the program alive
   * await server.send("news\n");
   * client.ref();
   * assertEquals(await news, "news");
   * ```
   */
  unref(): void {
    this.#checkRef();
    this.#transport.unref();
    this.#timers.unref();
  }

  #checkRef(): void {
    if (!this.#transport.lacks?.has("ref")) return;
    throw this.errors.unsupported("ref", "ref");
  }

  /**
   * The bytes as a web stream, what is buffered included. Cancelling it closes the
   * connection, as an error of it does.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#streams ??= new WebStreams(this)).readable;
  }

  /**
   * A web stream to write to. Closing it is
   * {@linkcode EndingConn.prototype.closeWrite | closeWrite}, and closes the
   * connection once `readable` has ended too; aborting it closes at once, and an
   * write error if `readable` was never used.
   */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return (this.#streams ??= new WebStreams(this)).writable;
  }

  static {
    showFields(this.prototype, (conn) => ({
      state: conn.isClosed ? "closed" : "open",
      localAddr: showAddr(conn.localAddr),
      remoteAddr: showAddr(conn.remoteAddr),
      backend: conn.backend,
      bytesRead: conn.bytesRead,
      bytesWritten: conn.bytesWritten,
      buffered: conn.buffered,
      queued: conn.queued,
    }));
  }
}
