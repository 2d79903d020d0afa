import { type NetAddr, SOCK_STREAM } from "../address/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import {
  type DenoTcpConn,
  type DetachedConn,
  StreamConn,
} from "../stream/mod.ts";
import { checkIdle } from "./_check_idle.ts";
import type { TcpCarrier, TcpTransport } from "./_transport.ts";

/**
 * A TCP connection, made by {@linkcode connectTcp} or accepted by a
 * {@linkcode TcpListener}. It passes wherever a `Deno.TcpConn` does; only
 * `Deno.startTls` needs the runtime's own, which
 * {@linkcode TcpConn.prototype.detach | TcpConn.detach} returns.
 *
 * {@linkcode StreamConn} has the methods that read, send, and close.
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
 * await client.send("hello\n\x01\x02");
 * assertEquals(await server.readLine(), "hello");
 * assertEquals(await server.readExact(2), new Uint8Array([1, 2]));
 * ```
 */
export class TcpConn extends StreamConn<NetAddr, DenoTcpConn> {
  readonly #transport: TcpTransport;

  /**
   * Not for users: `connectTcp` and `TcpListener.accept` make connections.
   *
   * @ignore
   */
  constructor(
    transport: TcpTransport,
    options?: { highWaterMark?: number | undefined },
  ) {
    super(transport, options);
    this.#transport = transport;
  }

  /** Which API carries the connection; `"simulated"` in a simulated network. */
  override get backend(): TcpCarrier {
    return this.#transport.backend;
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
    if (this.isClosed) return;
    if (!this.#transport.reset?.()) {
      throw this.errors.unsupported("reset", "reset");
    }
    this.abandon();
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
   * await server.send("ready\nmore");
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
  override detach(): DetachedConn {
    if (this.#transport.detach === undefined && !this.isClosed) {
      throw this.errors.unsupported("detach", "detach");
    }
    return super.detach();
  }

  /**
   * TCP_NODELAY: whether small writes leave at once. It is on from the start.
   *
   * @throws {ClosedError} When the connection is closed.
   *
   * @example Nagle's algorithm for small segments, and probes after a minute
   * ```ts
   * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
   * using client = await connectTcp({ ...listener.addr, backend: "node" });
   * using server = await listener.accept();
   *
   * client.setNoDelay(false);
   * client.setKeepAlive(true, 60_000);
   * server.setKeepAlive(); // after the system's own time
   * await client.send(new Uint8Array([1]));
   * assertEquals(await server.readExact(1), new Uint8Array([1]));
   * ```
   */
  setNoDelay(noDelay = true): void {
    this.#set(() => this.#transport.setNoDelay(noDelay));
  }

  #set(apply: () => void): void {
    const { errors } = this;
    if (errors.isClosed) throw errors.make("EBADF", "setsockopt");
    try {
      apply();
    } catch (error) {
      throw errors.failure(error, "setsockopt");
    }
  }

  /**
   * SO_KEEPALIVE: whether an idle peer is asked for signs of life, after `idle`
   * milliseconds (TCP_KEEPIDLE), rounded up to whole seconds, or after the system's
   * own time.
   * See the example of {@linkcode TcpConn.prototype.setNoDelay}.
   *
   * @throws {NotSupportedError} When the transport cannot set `idle`: open the
   * connection with `backend: "node"`.
   * @throws {RangeError} When `idle` is 0 or less, or more than 32,767 seconds.
   * @throws {ClosedError} When the connection is closed.
   */
  setKeepAlive(keepAlive = true, idle?: number): void {
    if (idle !== undefined) checkIdle(idle);
    if (idle !== undefined && !this.#transport.hasIdleTime) {
      throw this.errors.unsupported("idleTime", "setsockopt");
    }
    this.#set(() => this.#transport.setKeepAlive(keepAlive, idle));
  }

  /**
   * Sets an option of the socket: C's `setsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   * @throws {SocketError} `ENOPROTOOPT` when the system has no such option, `EINVAL`
   * when it does not take the value.
   *
   * @example Options, where the program may use libc
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
    return setOptions(this.#options, { [name]: value });
  }

  /**
   * Reads an option of the socket: C's `getsockopt`, on every backend.
   * See the example of {@linkcode TcpConn.prototype.setOption}.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(this.#options, name);
  }

  get #options() {
    return {
      type: SOCK_STREAM,
      socket: this.#transport.carrier ?? this.#transport,
      requireOpen: (syscall: string) => {
        if (this.isClosed) throw this.errors.make("EBADF", syscall);
      },
    };
  }
}
