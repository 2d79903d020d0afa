import { showValue } from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import type { Observer } from "./_descriptor.ts";
import {
  getOption,
  getRawOption,
  setOption,
  setRawOption,
} from "./_options.ts";
import { permitOption } from "./_permit.ts";
import { IS_LINUX } from "./_platform.ts";
import { nameOf } from "./_sockaddr.ts";
import { SocketCore } from "./_socket_core.ts";
import { Transfer, type TransferOptions } from "./_transfer.ts";
import type { SocketOptionName, SocketOptions } from "./socket_options.ts";
import type { SocketName } from "./socket_name.ts";
import {
  decodeTcpInfo,
  TCP_INFO,
  TCP_INFO_SIZE,
  type TcpInfo,
} from "./tcp_info.ts";

/** For the files of this folder: what the calls of a socket share. */
export let coreOf: (socket: SocketBase) => SocketCore;

/** For the files of this folder: makes a call that transfers; what it throws rejects. */
export function transfer<T>(
  socket: SocketBase,
  options: TransferOptions | undefined,
  begin: (call: Transfer) => Promise<T>,
): Promise<T> {
  try {
    return begin(new Transfer(coreOf(socket), options));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * The part of a {@linkcode PosixSocket} that all sockets have: names, options, and
 * the end.
 *
 * @example A socket closes itself
 * ```ts
 * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * const own = socket(AF_INET, SOCK_DGRAM);
 * {
 *   using _ = own;
 *   assertEquals([own.family, own.type], [AF_INET, SOCK_DGRAM]);
 * }
 * assertEquals([own.isClosed, own.fd], [true, -1]);
 * ```
 */
export class SocketBase implements Disposable, AsyncDisposable {
  readonly #core: SocketCore;

  static {
    coreOf = (socket) => socket.#core;
  }

  /**
   * Not for users: see {@linkcode socket} and {@linkcode PosixSocket.adopt}.
   *
   * @ignore
   */
  constructor(fd: number, family: number, type: number) {
    this.#core = new SocketCore(fd, family, type);
  }

  /** AF_INET, AF_INET6 or AF_UNIX. */
  get family(): number {
    return this.#core.family;
  }

  /** SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW. */
  get type(): number {
    return this.#core.type;
  }

  /** The number of the descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#core.descriptor.fd;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#core.descriptor.fd === -1;
  }

  /**
   * For how long a call tries again and again before it waits, in microseconds, at
   * most 1000. It blocks the event loop for that time, but saves the time of waking up;
   * useful when the peer answers immediately.
   *
   * @default {0}
   */
  get spin(): number {
    return this.#core.descriptor.spin;
  }

  set spin(microseconds: number) {
    if (!(microseconds >= 0 && microseconds <= 1000)) {
      throw new RangeError(
        `Cannot spin for ${showValue(microseconds)} µs: it must be 0 to 1000`,
      );
    }
    this.#core.descriptor.spin = microseconds;
  }

  /**
   * Returns the name of this end: C's `getsockname`.
   *
   * @throws {ClosedError} If it is closed.
   *
   * @example Both names of a socket
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { NotConnectedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * assertEquals(a.getSockName(), { hostname: "0.0.0.0", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * assertThrows(() => a.getPeerName(), NotConnectedError);
   * a.connectNow(b.getSockName());
   * assertEquals(a.getPeerName(), b.getSockName());
   * ```
   */
  getSockName(): SocketName {
    const fd = this.#core.fd("read the own name", "getsockname");
    return nameOf(fd, "getsockname");
  }

  /**
   * Returns the remote address: C's `getpeername`.
   * See the example of {@linkcode SocketBase.prototype.getSockName}.
   *
   * @throws {NotConnectedError} If there is none.
   */
  getPeerName(): SocketName {
    const fd = this.#core.fd("read the peer's name", "getpeername");
    return nameOf(fd, "getpeername");
  }

  /**
   * Reads an option: C's `getsockopt`.
   * See the example of {@linkcode SocketBase.prototype.setSockOpt}.
   *
   * @throws {TypeError} If there is no such option, or it can only be set.
   * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` if this system or socket has
   * no such option.
   */
  getSockOpt<K extends SocketOptionName>(name: K): SocketOptions[K] {
    return getOption(this.#core.fd(`read ${name}`, "getsockopt"), name);
  }

  /**
   * Sets an option: C's `setsockopt`.
   *
   * @throws {TypeError} If there is no such option, or it can only be read.
   * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` if this system or socket has
   * no such option, `EINVAL` if it does not take the value, `EPERM` if the user may
   * not set it.
   *
   * @example Buffers, linger, keep-alive
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * using own = socket(AF_INET, SOCK_STREAM);
   * own.setSockOpt("SO_RCVBUF", 65_536);
   * own.setSockOpt("SO_LINGER", 2000); // milliseconds
   * own.setSockOpt("SO_KEEPALIVE", true);
   * own.setSockOpt("TCP_KEEPIDLE", 60_000);
   * assert(own.getSockOpt("SO_RCVBUF") >= 65_536);
   * assertEquals(own.getSockOpt("SO_LINGER"), 2000);
   * assertEquals(own.getSockOpt("TCP_KEEPIDLE"), 60_000);
   * assertEquals(own.getSockOpt("SO_ERROR"), 0);
   * ```
   */
  setSockOpt<K extends SocketOptionName>(
    name: K,
    value: SocketOptions[K],
  ): void {
    // Getters of the value may close the socket, and another take its number.
    const own = typeof value === "object" && value !== null
      ? { ...value }
      : value;
    setOption(this.#core.fd(`set ${name}`, "setsockopt"), name, own);
  }

  /**
   * Reads an option that has no name here, by this system's numbers.
   * See the example of {@linkcode SocketBase.prototype.setRawSockOpt}.
   *
   * @throws {SocketError} `ENOPROTOOPT` if there is no such option.
   */
  getRawSockOpt(
    level: number,
    number: number,
    size: number,
  ): Uint8Array<ArrayBuffer> {
    const fd = this.#core.fd("read an option", "getsockopt");
    return getRawOption(fd, level, number, size);
  }

  /**
   * Sets an option that has no name here, by this system's numbers.
   *
   * @throws {SocketError} `ENOPROTOOPT` if there is no such option, `EINVAL` if it
   * does not take the value.
   * @throws {NotCapableError} If it can change where packets go, as IP_OPTIONS does,
   * unless net access to every host is granted.
   *
   * @example An option by its number
   * ```ts
   * import {
   *   AF_INET,
   *   IPPROTO_TCP,
   *   SOCK_STREAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using own = socket(AF_INET, SOCK_STREAM);
   * const TCP_NODELAY = 1; // on Linux and on macOS
   * const on = new Uint8Array(Int32Array.of(1).buffer);
   * own.setRawSockOpt(IPPROTO_TCP, TCP_NODELAY, on);
   * assertEquals(own.getSockOpt("TCP_NODELAY"), true);
   * assertEquals(own.getRawSockOpt(IPPROTO_TCP, TCP_NODELAY, 4).length, 4);
   * ```
   */
  setRawSockOpt(
    level: number,
    number: number,
    value: Uint8Array<ArrayBuffer>,
  ): void {
    const call = { action: "set an option", syscall: "setsockopt" };
    const fd = this.#core.fd(call.action, call.syscall);
    permitOption(level, number, call);
    setRawOption(fd, level, number, value);
  }

  /**
   * Returns what the kernel knows of the connection: TCP_INFO.
   *
   * @throws {NotSupportedError} On macOS, which has it in another form.
   *
   * @example The kernel's view of a connection
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * using listener = socket(AF_INET, SOCK_STREAM);
   * listener.bind({ hostname: "127.0.0.1", port: 0 });
   * listener.listen();
   * using client = socket(AF_INET, SOCK_STREAM);
   * await client.connect(listener.getSockName());
   * const { state, rtt, retransmits } = client.tcpInfo();
   * assertEquals([state, retransmits], ["ESTABLISHED", 0]);
   * assert(rtt > 0);
   * ```
   */
  tcpInfo(): TcpInfo {
    const fd = this.#core.fd("read TCP_INFO", "getsockopt");
    if (!IS_LINUX) throw socketError("ENOTSUP", { action: "read TCP_INFO" });
    return decodeTcpInfo(
      getRawOption(fd, 6, TCP_INFO, TCP_INFO_SIZE, "TCP_INFO"),
    );
  }

  /**
   * Not for users: reports events to an owner that limits its calls itself, until
   * `unobserve`.
   *
   * @ignore
   */
  observe(observer: Observer): void {
    this.#core.descriptor.observe(observer);
  }

  /**
   * Not for users: ends `observe`.
   *
   * @ignore
   */
  unobserve(observer: Observer): void {
    this.#core.descriptor.unobserve(observer);
  }

  /**
   * Keeps the program alive while calls are pending. This is the default.
   * See the example of {@linkcode SocketBase.prototype.unref}.
   */
  ref(): void {
    this.#core.descriptor.isRef = true;
  }

  /**
   * Lets the program end while calls are pending, with a `timeout` as well. The
   * socket is then looked at every 10 ms.
   *
   * @example A receive in the background
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * b.unref();
   * const receiving = b.recv(new Uint8Array(1)); // does not keep the program alive
   * await a.send(new Uint8Array([7]));
   * b.ref();
   * assertEquals(await receiving, 1);
   * ```
   */
  unref(): void {
    this.#core.descriptor.isRef = false;
  }

  /**
   * Closes it: C's `close`. Pending calls reject with a `ClosedError`; a second
   * call does nothing. SO_LINGER decides what becomes of bytes that are not sent yet.
   *
   * @example A receive that ends
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * const receiving = b.recv(new Uint8Array(1));
   * b.close();
   * b.close(); // does nothing
   * await assertRejects(() => receiving, ClosedError);
   * assertEquals([a.isClosed, b.isClosed, b.fd], [false, true, -1]);
   * ```
   */
  close(): void {
    this.#core.close();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Closes it, and waits until no thread waits for it any more: for tests that look
   * for leaks.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#core.descriptor.quiet();
  }
}
