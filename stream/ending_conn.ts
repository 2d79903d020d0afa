import type { Addr } from "../address/mod.ts";
import {
  checkWait,
  type Timers,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import type { ConnErrors } from "./_conn_errors.ts";
import { refusal } from "./_refusal.ts";
import type { StreamReader } from "./_stream_reader.ts";
import type { StreamWriter } from "./_stream_writer.ts";
import type { StreamTransport } from "./_transport.ts";
import type { DenoTcpConn } from "./deno_conn.ts";
import { SendingConn } from "./sending_conn.ts";

/** How long `closeGracefully` waits by default, in milliseconds. */
const DEFAULT_GRACE = 5000;
/** How long a close waits for queued messages to leave, in milliseconds. */
const LINGER = 5000;
/** How much `closeGracefully` reads and drops at a time, in bytes. */
const DISCARD = 64 * 1024;

/** What carried a connection, for another owner. */
export interface TakenOver<A extends Addr = Addr> {
  /** The transport. */
  readonly transport: StreamTransport<A>;
  /** What was received and not read. */
  readonly buffered: Uint8Array<ArrayBuffer>;
  /**
   * What the read brings that a cancelled call has left pending on the transport,
   * or null at the end of the stream; undefined if no read is pending.
   */
  readonly pending: Promise<Uint8Array<ArrayBuffer> | null> | undefined;
}

/** Whether the runtime reads for a connection, also for a call that was cancelled. */
export let isReading: (conn: EndingConn) => boolean;

/** Whether a connection can return what carries it. */
export let canDetach: (conn: EndingConn) => boolean;

/**
 * Takes the transport out of a connection, which is closed then: its later calls
 * reject with `reason`.
 *
 * @throws {SocketError} `EBADF` if it is closed, `EBUSY` if a call is pending.
 */
export let takeOver: <A extends Addr>(
  conn: EndingConn<A>,
  syscall: string,
  reason: string,
) => TakenOver<A>;

/** Ends a connection with RST, or where it has none, closes it. */
export let endAbruptly: (conn: EndingConn) => void;

/** The result of {@linkcode EndingConn.prototype.detach | detach}. */
export interface DetachedConn<C = DenoTcpConn> {
  /** The runtime's connection, or the source that `StreamConn.from` was given. */
  conn: C;
  /** The bytes that were received and not read. They precede the bytes that `conn` reads. */
  buffered: Uint8Array<ArrayBuffer>;
}

/** Whether a read is pending, for which the next bytes are. */
export let isBusy: (conn: EndingConn) => boolean;

/**
 * Calls back when a connection is over: a read has reported the end of the stream or its
 * failure, or it was closed. It may call more than once, and from within a read.
 */
export let onOver: (conn: EndingConn, callback: () => void) => void;

/** What a connection is made of. */
export interface ConnParts<A extends Addr> {
  readonly transport: StreamTransport<A>;
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  readonly errors: ConnErrors;
  /** The timeouts of calls: they keep the program alive as the connection does. */
  readonly timers: Timers;
}

/**
 * The ends of a {@linkcode StreamConn}, above its reading and sending halves: how one
 * half or both are closed, and how its source is given back.
 *
 * @example A question to its end, then the answer
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * using pair = connPair();
 * const { client, server } = pair;
 *
 * await client.send("1 2 3");
 * await client.closeWrite();
 * const question = await server.readLine(); // to the end of the stream
 * await server.send(`${question} 4\n`);
 * assertEquals(await client.readLine(), "1 2 3 4");
 * ```
 */
export abstract class EndingConn<A extends Addr = Addr, C = unknown>
  extends SendingConn {
  readonly #transport: StreamTransport<A>;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;
  readonly #timers: Timers;
  #finishing: Promise<void> | undefined;
  /** Settles when a close with queued messages has let them go. */
  #closing: Promise<void> = Promise.resolve();

  static {
    isReading = (conn) => conn.#reader.isFilling;
    isBusy = (conn) => conn.#reader.isBusy;
    onOver = (conn, callback) => conn.#reader.onOver = callback;
    canDetach = (conn) => conn.#transport.detach !== undefined;
    endAbruptly = (conn) => {
      if (conn.isClosed) return;
      if (conn.#tryReset()) conn.abandon();
      else conn.close();
    };
    takeOver = (conn, syscall, reason) => {
      conn.#requireIdle(syscall);
      const pending = conn.#reader.bequeath();
      const buffered = conn.#reader.takeNow(conn.#reader.buffered);
      conn.errors.reasonClosed = reason;
      conn.abandon();
      const transport = conn.#transport;
      transport.ref(); // as a transport starts
      transport.holdRead?.(true);
      return { transport, buffered, pending };
    };
  }

  /**
   * Not for users: the errors of this connection.
   *
   * @ignore
   */
  protected readonly errors: ConnErrors;

  /**
   * Not for users: `StreamConn` is the class of connections.
   *
   * @ignore
   */
  constructor({ transport, reader, writer, errors, timers }: ConnParts<A>) {
    super(reader, writer);
    this.#transport = transport;
    this.#reader = reader;
    this.#writer = writer;
    this.#timers = timers;
    this.errors = errors;
  }

  /** Whether the connection has been closed on this side. */
  get isClosed(): boolean {
    return this.errors.isClosed;
  }

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
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * await client.send("1 2 3");
   * await client.closeWrite();
   * const question = await server.readLine(); // to the end of the stream
   * await server.send(`${question} 4\n`);
   * assertEquals(await client.readLine(), "1 2 3 4");
   * ```
   */
  closeWrite(): Promise<void> {
    const { errors } = this;
    if (errors.isClosed) {
      return Promise.reject(errors.make("EBADF", "shutdown"));
    }
    if (!this.#canCloseWrite) {
      return Promise.reject(errors.unsupported("closeWrite", "shutdown"));
    }
    return this.#finishing ??= this.#finish();
  }

  get #canCloseWrite(): boolean {
    const { closeWrite, lacks } = this.#transport;
    return closeWrite !== undefined && !lacks?.has("closeWrite");
  }

  async #finish(): Promise<void> {
    const flushed = this.#writer.flush();
    this.#writer.refuse(refusal(() => this.errors.make("EPIPE", "write")));
    await flushed;
    try {
      await this.#transport.closeWrite!();
    } catch (error) {
      throw this.errors.failure(error, "shutdown");
    }
  }

  /**
   * Closes the connection: C's `close`. Pending reads and writes reject with a
   * `ClosedError`, iterations end quietly, and a second call does nothing.
   *
   * Messages that `send` has accepted still leave, for up to 5 seconds, and so does
   * a write that has begun; a pending `send` resolves when they have. `await using`
   * waits for that. What is left then ends in RST, so that the peer never takes a
   * part for the whole; `"deno"` needs `--allow-ffi` for that. Use
   * {@linkcode EndingConn.prototype.closeGracefully | closeGracefully} to know
   * that the peer has read them.
   *
   * @example Pending calls reject
   * ```ts
   * import { connPair } from "@berkeley/sockets/testing";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const reading = client.readLine();
   * client.close();
   * client.close(); // does nothing
   * await assertRejects(() => reading, ClosedError);
   * assertEquals(await server.readLine(), null);
   * ```
   */
  close(): void {
    if (this.isClosed) return;
    this.#stopReading();
    const writer = this.#writer;
    writer.close(this.errors.closed("write"));
    this.#closing = writer.isIdle ? this.#closeNow() : waitFor(
      writer.settled(),
      { timeout: LINGER },
      () => this.errors.timeout("close"),
      undefined,
      this.#timers,
    ).catch(() => {}).then(() => this.#closeNow());
  }

  /** Ends the connection: with FIN if all that was accepted has left, else with RST. */
  async #closeNow(): Promise<void> {
    const isReset = this.#writer.owesBytes && this.#tryReset();
    this.#writer.fail(this.errors.closed("write"));
    if (isReset) return;
    try {
      await this.#transport.close();
    } catch {
      // closed by the runtime's own hand already
    }
  }

  #tryReset(): boolean {
    try {
      return this.#transport.reset?.() ?? false;
    } catch {
      return false; // such as that the peer has reset it first
    }
  }

  /**
   * Ends the connection so that both sides know: sends what is queued and FIN,
   * reads and drops all that comes, also after
   * {@linkcode ReadingConn.prototype.closeRead | closeRead}, until the peer has ended
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
   * import { connPair } from "@berkeley/sockets/testing";
   * import { assertEquals } from "@std/assert";
   *
   * using pair = connPair();
   * const { client, server } = pair;
   *
   * const serving = (async () => {
   *   const line = await server.readLine();
   *   assertEquals(await server.readLine(), null); // the end
   *   server.close();
   *   return line;
   * })();
   * await client.send("the last word\n");
   * await client.closeGracefully({ timeout: 5000 });
   * assertEquals(await serving, "the last word");
   * ```
   */
  async closeGracefully(options?: WaitOptions): Promise<void> {
    const { signal, timeout = DEFAULT_GRACE } = options ?? {};
    checkWait({ timeout, signal: signal?.aborted ? undefined : signal });
    if (this.isClosed) return this.#closing;
    try {
      await waitFor(
        this.#sayGoodbye(),
        { signal, timeout },
        () => this.errors.timeout("close"),
        undefined,
        this.#timers,
      );
    } finally {
      if (!this.isClosed) {
        this.#stopReading();
        this.#closing = this.#closeNow();
      }
    }
  }

  async #sayGoodbye(): Promise<void> {
    if (!this.#canCloseWrite) await this.flush();
    // At the same time: a peer may read on only once its own bytes are read.
    await Promise.all([this.closeWrite(), this.#dropRest()]);
  }

  /** Reads and drops what comes until the peer ends its side. */
  async #dropRest(): Promise<void> {
    const dropped = new Uint8Array(DISCARD);
    while (await this.read(dropped) !== null);
    // After closeRead() the peer may still be sending: closing would reset it.
    await this.#reader.discard(dropped);
  }

  /**
   * Ends this object without closing its source: the source of
   * {@linkcode StreamConn.from}, or the runtime's connection. Returns the source and
   * the bytes that were received and not read.
   *
   * After a read that timed out or was aborted, the source may still be reading. Only a
   * stream of Node can stop; for others, `await conn.peek(1)` waits for the end of that.
   *
   * @throws {BusyError} If a read or a write is pending, or the source still reads for
   * a cancelled read.
   * @throws {NotSupportedError} If the backend cannot return its source.
   *
   * @example A source with its unread bytes
   * ```ts
   * import { StreamConn } from "@berkeley/sockets/stream";
   * import { assertEquals } from "@std/assert";
   *
   * const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
   * const conn = StreamConn.from({ readable, writable });
   * await conn.send("ready\nmore");
   * assertEquals(await conn.readLine(), "ready");
   *
   * const { conn: source, buffered } = conn.detach();
   * assertEquals(source.readable.locked, false);
   * assertEquals(new TextDecoder().decode(buffered), "more");
   * ```
   */
  detach(): DetachedConn<C> {
    this.#requireIdle("detach");
    const transport = this.#transport;
    if (transport.detach === undefined) {
      throw this.errors.unsupported("giveBack", "detach");
    }
    if (this.#reader.isFilling && !transport.canLeaveRead) {
      throw this.errors.make(
        "EBUSY",
        "detach",
        "the runtime still reads for a read that was cancelled; await peek(1) first",
      );
    }
    const buffered = this.#reader.takeAll(transport.unread);
    this.abandon();
    return { conn: transport.detach() as C, buffered };
  }

  #requireIdle(syscall: string): void {
    const { errors } = this;
    if (errors.isClosed) throw errors.make("EBADF", syscall);
    if (this.#reader.isBusy || !this.#writer.isIdle) {
      const reason = "a read or a write is pending";
      throw errors.make("EBUSY", syscall, reason);
    }
  }

  /**
   * Not for users: closes this object, but not the transport below it.
   *
   * @ignore
   */
  protected abandon(): void {
    this.#stopReading();
    this.#writer.fail(this.errors.closed("write"));
  }

  #stopReading(): void {
    this.errors.isClosed = true;
    this.#reader.close(this.errors.closed("read"));
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
