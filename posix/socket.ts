import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../address/mod.ts";
import {
  checkInteger,
  lengthOf,
  showValue,
  viewFrom,
} from "../internal/check/mod.ts";
import { socketError } from "../errors/mod.ts";
import {
  checkWait,
  isLoopStarved,
  rejectFairly,
  resolveFairly,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { receiveBatchNow, sendBatchNow } from "./_batch.ts";
import {
  buffersOf,
  guardOf,
  refusalOf,
  refusalOfAll,
  requireBuffer,
  restOf,
  sizeOf,
} from "./_buffer.ts";
import { connectNow, disconnectNow } from "./_connect.ts";
import { MSG_DONTWAIT, MSG_OOB, MSG_PEEK, MSG_WAITALL } from "./constants.ts";
import type { ControlMessage } from "./control_message.ts";
import {
  type CallContext,
  Descriptor,
  errorOf,
  type Observer,
  type Side,
} from "./_descriptor.ts";
import { lastError, loadLibc } from "./_libc.ts";
import { acceptNow, configure, openDescriptor } from "./_open.ts";
import { addToBatch, type MessageBatch, partsOf } from "./message_batch.ts";
import { nameOf } from "./_name.ts";
import { encodeControl } from "./_control.ts";
import {
  hasControl,
  joinMessages,
  type ReceivedMessage,
  recvFromByMessage,
  recvMsgNow,
  sendMsgNow,
} from "./_message.ts";
import {
  getOption,
  getRawOption,
  setOption,
  setRawOption,
} from "./_options.ts";
import {
  Permit,
  permitAdopting,
  permitOpening,
  permitOption,
} from "./_permit.ts";
import { IS_LINUX } from "./_platform.ts";
import { type Received, recvFromNow, recvNow } from "./_receive.ts";
import {
  type Parts,
  peekWhole,
  receiveWhole,
  type WholeReceive,
} from "./_receive_whole.ts";
import { sendNow, sendToNow } from "./_send.ts";
import { encode } from "./_sockaddr.ts";
import type { SocketOptionName, SocketOptions } from "./socket_options.ts";
import { copyName, showName, type SocketName } from "./socket_name.ts";
import {
  decodeTcpInfo,
  TCP_INFO,
  TCP_INFO_SIZE,
  type TcpInfo,
} from "./tcp_info.ts";

/** How a call is to send or receive, and how long it may wait. */
export interface TransferOptions extends WaitOptions {
  /**
   * `MSG_…`, or'ed together.
   *
   * @default {0}
   */
  flags?: number | undefined;
}

/** What `sendMsg` sends. */
export interface Message {
  /** The bytes, in one piece or several: C's `msg_iov`. */
  data: Uint8Array | readonly Uint8Array[];
  /** For whom; left out where the socket is connected. */
  address?: SocketName | undefined;
  /**
   * What goes beside the bytes.
   *
   * @default {[]}
   */
  control?: readonly ControlMessage[] | undefined;
}

/** How `recvMsg` receives. */
export interface RecvMsgOptions extends TransferOptions {
  /**
   * How many bytes there are for control messages; what exceeds them is lost.
   *
   * @default {512}
   */
  controlSize?: number | undefined;
}

/** A connection that was accepted, and who connected. */
export interface Accepted {
  /** The connection. */
  socket: PosixSocket;
  /** The peer. */
  address: SocketName;
}

const RECEIVE = { action: "receive", syscall: "recv" } as const;
const MAX_CONTROL = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** The parts of a receive into one buffer, which add up. */
function bufferParts<T extends { length: number }>(
  buffer: Uint8Array,
  receive: (rest: Uint8Array) => T | undefined,
): Parts<T> {
  const size = lengthOf(buffer);
  return {
    room() {
      requireBuffer(buffer, size);
      return lengthOf(buffer);
    },
    receive: (from) => receive(from === 0 ? buffer : viewFrom(buffer, from)),
    join: (first, second) => ({
      ...second,
      length: first.length + second.length,
    }),
    isLast: () => false,
  };
}

/** For the files of this folder: what waits below a socket. */
export let descriptorIn: (socket: PosixSocket) => Descriptor;

/**
 * A socket of libc, with C's calls as methods. They fail with a `SocketError`
 * of C's code, and where C would block, they wait without blocking the program.
 *
 * Calls that wait on the same half, receiving or sending, have their turn in the
 * order in which they were made. `close` rejects them with a `ClosedError`.
 *
 * @example Datagrams, with C's calls
 * ```ts
 * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
 * import { assertEquals } from "@std/assert";
 *
 * using a = socket(AF_INET, SOCK_DGRAM);
 * a.bind({ hostname: "127.0.0.1", port: 0 });
 * using b = socket(AF_INET, SOCK_DGRAM);
 * b.bind({ hostname: "127.0.0.1", port: 0 });
 *
 * await a.sendTo(new TextEncoder().encode("hello"), b.getSockName());
 * const buffer = new Uint8Array(64);
 * const { length, address } = await b.recvFrom(buffer);
 * assertEquals(new TextDecoder().decode(buffer.subarray(0, length)), "hello");
 * assertEquals(address, a.getSockName());
 * ```
 */
export class PosixSocket implements Disposable, AsyncDisposable {
  readonly #family: number;
  readonly #type: number;
  readonly #descriptor: Descriptor;
  readonly #permit = new Permit();
  /** What a receive has met after it got something: for the next one. */
  #fault: unknown;

  static {
    descriptorIn = (socket) => socket.#descriptor;
  }

  /**
   * Not for users: see {@linkcode socket} and {@linkcode PosixSocket.adopt}.
   *
   * @ignore
   */
  constructor(fd: number, family: number, type: number) {
    this.#family = family;
    this.#type = type;
    this.#descriptor = new Descriptor(fd);
    this.#descriptor.mayLinger = this.#isStream && family !== AF_UNIX;
  }

  /**
   * Takes over a descriptor, such as one received by `SCM_RIGHTS` or inherited
   * from another program. It is set to not block, and closed with this object.
   *
   * @throws {SocketError} When it is no socket (ENOTSOCK), or not open (EBADF).
   * @throws {NotCapableError} When its address, or that of its peer, is denied, as
   * by `--deny-net`; for a raw socket, unless net access to every host is granted.
   *
   * @example A descriptor that came over a local socket
   * ```ts
   * import {
   *   AF_INET,
   *   AF_UNIX,
   *   PosixSocket,
   *   SOCK_DGRAM,
   *   SOCK_STREAM,
   *   socket,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   * using sent = socket(AF_INET, SOCK_DGRAM);
   * const descriptors = [sent.fd];
   * await a.sendMsg({
   *   data: new Uint8Array(1),
   *   control: [{ type: "SCM_RIGHTS", descriptors }],
   * });
   *
   * const { control } = await b.recvMsg(new Uint8Array(1));
   * const [message] = control;
   * assert(message?.type === "SCM_RIGHTS");
   * using adopted = PosixSocket.adopt(message.descriptors[0]!);
   * assertEquals([adopted.family, adopted.type], [AF_INET, SOCK_DGRAM]);
   * ```
   */
  static adopt(fd: number): PosixSocket {
    const { family, type, names } = openDescriptor(fd);
    const call = { action: "adopt a descriptor", syscall: "getsockname" };
    permitOpening(family, type, 0, call);
    permitAdopting(names, call);
    configure(loadLibc(), fd);
    return new PosixSocket(fd, family, type);
  }

  /** AF_INET, AF_INET6 or AF_UNIX. */
  get family(): number {
    return this.#family;
  }

  /** SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RAW. */
  get type(): number {
    return this.#type;
  }

  /** The number of the descriptor; -1 once it is closed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#descriptor.fd === -1;
  }

  /**
   * For how long a call tries again and again before it waits, in microseconds, at
   * most 1000. It keeps the program from everything else meanwhile, and saves the
   * time that waking up takes: for a peer that answers at once.
   *
   * @default {0}
   */
  get spin(): number {
    return this.#descriptor.spin;
  }

  set spin(microseconds: number) {
    if (!(microseconds >= 0 && microseconds <= 1000)) {
      throw new RangeError(
        `Cannot spin for ${showValue(microseconds)} µs: it must be 0 to 1000`,
      );
    }
    this.#descriptor.spin = microseconds;
  }

  get #isStream(): boolean {
    return this.#type === SOCK_STREAM;
  }

  get #isLocalDatagram(): boolean {
    return this.#family === AF_UNIX && this.#type === SOCK_DGRAM;
  }

  #toReach(name: SocketName, action: string, syscall: string): void {
    this.#permit.toReach(name, action, syscall, this.#here);
  }

  readonly #here = () => nameOf(this.#descriptor.fd, "getsockname");

  #fd(action: string, syscall: string): number {
    const { fd } = this.#descriptor;
    if (fd === -1) throw errorOf("EBADF", { action, syscall });
    return fd;
  }

  /**
   * Gives it a name: C's `bind`. Nothing is set beforehand: see SO_REUSEADDR.
   *
   * @throws {AddressInUseError} When another socket has the name.
   * @throws {NotCapableError} When the program may not use it.
   *
   * @example A free port
   * ```ts
   * import {
   *   AF_INET,
   *   type InetName,
   *   SOCK_STREAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * using server = socket(AF_INET, SOCK_STREAM);
   * server.setSockOpt("SO_REUSEADDR", true);
   * server.bind({ hostname: "127.0.0.1", port: 0 });
   * const { hostname, port } = server.getSockName() as InetName;
   * assertEquals(hostname, "127.0.0.1");
   * assert(port > 0);
   * ```
   */
  bind(name: SocketName): void {
    const to = copyName(name, this.#family);
    const fd = this.#fd("bind", "bind");
    const { bytes, length } = encode(to, this.#family);
    this.#permit.toBind(to, "bind to", "bind");
    if (loadLibc().all.bind(fd, bytes, length) === 0) {
      return this.#noteBound("bind to", "bind");
    }
    throw lastError(`bind to ${showName(to)}`, "bind");
  }

  /** Closes it if the system has chosen a port that is denied: C cannot unbind. */
  #noteBound(action: string, syscall: string): void {
    if (this.#family === AF_UNIX) return;
    try {
      this.#permit.bound(this.#here(), action, syscall);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Lets others connect: C's `listen`.
   *
   * @param backlog How many connections wait for accept; the system caps it.
   *
   * @throws {AddressInUseError} When another socket listens there.
   * @throws {NotCapableError} When the program may not listen there.
   * @throws {RangeError} When the backlog is not an integer of 0 or more.
   *
   * @example A listener
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = socket(AF_INET, SOCK_STREAM);
   * listener.bind({ hostname: "127.0.0.1", port: 0 });
   * listener.listen(16);
   * assertEquals(listener.getSockOpt("SO_ACCEPTCONN"), true);
   * ```
   */
  listen(backlog: number = 511): void {
    checkInteger("backlog", backlog, 0);
    const fd = this.#fd("listen", "listen");
    if (this.#family !== AF_UNIX) {
      // libc would bind a socket that has no name yet to any address.
      this.#permit.toBind(this.#here(), "listen on", "listen");
    }
    if (loadLibc().all.listen(fd, Math.min(backlog, 2 ** 31 - 1)) === 0) {
      return this.#noteBound("listen on", "listen");
    }
    throw lastError("listen", "listen");
  }

  /**
   * Waits for a connection: C's `accept`.
   *
   * @throws {SocketError} `EINVAL` when it does not listen, `EMFILE` when no
   * descriptor is left.
   *
   * @example With a time limit
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using listener = socket(AF_INET, SOCK_STREAM);
   * listener.bind({ hostname: "127.0.0.1", port: 0 });
   * listener.listen();
   *
   * await assertRejects(() => listener.accept({ timeout: 10 }), TimedOutError);
   * using client = socket(AF_INET, SOCK_STREAM);
   * await client.connect(listener.getSockName());
   * const { socket: server, address } = await listener.accept();
   * using _server = server;
   * assertEquals(address, client.getSockName());
   * ```
   */
  accept(options?: WaitOptions): Promise<Accepted> {
    const attempt = () => this.acceptNow();
    const call = { action: "accept", syscall: "accept" };
    return this.#descriptor.perform("receiving", attempt, options, call);
  }

  /**
   * Not for users: accepts a connection that is there already.
   *
   * @ignore
   */
  acceptNow(): Accepted | undefined {
    this.#fd("accept", "accept");
    const accepted = acceptNow(this.#descriptor.fd);
    if (accepted === undefined) return undefined;
    const { fd, address } = accepted;
    return { socket: new PosixSocket(fd, this.#family, this.#type), address };
  }

  /**
   * Connects: C's `connect`, which is begun without blocking, and ends when the
   * socket is writable and has no SO_ERROR. For datagrams it sets the peer, and
   * can be done again.
   *
   * When it is given up, the socket is closed, since its attempt would go on.
   *
   * @throws {ConnectionRefusedError} When nobody listens there.
   * @throws {HostUnreachableError} When there is no way to the host.
   * @throws {TimedOutError} When the peer, or the time of `options`, ran out.
   * @throws {NotCapableError} When the program may not connect there.
   *
   * @example A connection, and a refusal
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { ConnectionRefusedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using listener = socket(AF_INET, SOCK_STREAM);
   * listener.bind({ hostname: "127.0.0.1", port: 0 });
   * listener.listen();
   * const name = listener.getSockName();
   *
   * using client = socket(AF_INET, SOCK_STREAM);
   * await client.connect(name, { timeout: 5000 });
   * assertEquals(client.getPeerName(), name);
   *
   * listener.close();
   * using other = socket(AF_INET, SOCK_STREAM);
   * await assertRejects(() => other.connect(name), ConnectionRefusedError);
   * ```
   */
  async connect(name: SocketName, options?: WaitOptions): Promise<void> {
    checkWait(options);
    const to = copyName(name, this.#family);
    const fd = this.#fd("connect", "connect");
    const { bytes, length } = encode(to, this.#family);
    this.#toReach(to, "connect to", "connect");
    const action = `connect to ${showName(to)}`;
    const attempt = () => connectNow(fd, { bytes, length }, action);
    let begun: ReturnType<typeof attempt>;
    try {
      begun = attempt();
    } catch (error) {
      return await rejectFairly(error);
    }
    if (begun === true) return await resolveFairly(undefined);
    let isGivenUp = false;
    const partial = () => {
      isGivenUp = true;
      return undefined;
    };
    // A local listener whose queue is full is asked again.
    const isPaced = begun === false;
    const isDone = begun === false
      ? () => attempt() === true || undefined
      : begun;
    const call = { action, syscall: "connect", partial, isPaced };
    try {
      await this.#descriptor.perform("sending", isDone, options, call);
    } finally {
      if (isGivenUp) this.close();
    }
  }

  /**
   * Sets the peer of a datagram socket, for which `connect` never waits.
   *
   * @throws {SocketError} `EINPROGRESS` for a socket that would have to wait.
   *
   * @example The peer of a datagram socket
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * a.connectNow(b.getSockName());
   * await a.send(new Uint8Array([7]));
   * const buffer = new Uint8Array(1);
   * await b.recv(buffer);
   * assertEquals(buffer[0], 7);
   * ```
   */
  connectNow(name: SocketName): void {
    const to = copyName(name, this.#family);
    const fd = this.#fd("connect", "connect");
    const { bytes, length } = encode(to, this.#family);
    this.#toReach(to, "connect to", "connect");
    const action = `connect to ${showName(to)}`;
    if (connectNow(fd, { bytes, length }, action) === true) return;
    throw socketError("EINPROGRESS", { action, syscall: "connect" });
  }

  /**
   * Takes the peer away from a datagram socket: C's `connect` to AF_UNSPEC.
   *
   * @throws {ClosedError} When it is closed.
   *
   * @example A peer, and then none
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { NotConnectedError } from "@berkeley/sockets/errors";
   * import { assertThrows } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * a.connectNow(b.getSockName());
   * a.disconnect();
   * assertThrows(() => a.getPeerName(), NotConnectedError);
   * ```
   */
  disconnect(): void {
    disconnectNow(this.#fd("disconnect", "connect"));
  }

  /**
   * Sends on a connection: C's `send`. Of a stream, all bytes, unless MSG_DONTWAIT
   * is given or the call is given up with some of them sent; resolves with how many.
   *
   * @throws {BrokenPipeError} When the peer has gone, or after `shutdown(SHUT_WR)`.
   * @throws {WouldBlockError} When it would have to wait, with MSG_DONTWAIT.
   *
   * @example All of it, or as much as goes at once
   * ```ts
   * import {
   *   AF_UNIX,
   *   MSG_DONTWAIT,
   *   SOCK_STREAM,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * assertEquals(await a.send(new Uint8Array(10)), 10);
   * const piece = new Uint8Array(50_000_000);
   * const sent = await a.send(piece, { flags: MSG_DONTWAIT });
   * assert(sent > 0 && sent < piece.length);
   * b.close();
   * ```
   */
  send(bytes: Uint8Array, options?: TransferOptions): Promise<number> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    const size = lengthOf(bytes);
    let sent = 0;
    if (options === undefined && !this.#descriptor.isBusy("sending")) {
      try { // what most sends are: done at once, and nothing else is needed
        requireBuffer(bytes, size);
        const count = sendNow(this.#fd("send", "send"), bytes, 0);
        if (count !== undefined) {
          if (!this.#isStream || count === size) return resolveFairly(count);
          sent = count;
        }
      } catch (error) {
        return rejectFairly(error);
      }
    }
    const call = { action: `send ${size} bytes`, syscall: "send" };
    if (!this.#isStream) {
      const attempt = () => {
        requireBuffer(bytes, size);
        return sendNow(this.#descriptor.fd, bytes, flags);
      };
      return this.#transfer("sending", attempt, options, call, flags);
    }
    const attempt = () => {
      for (;;) {
        requireBuffer(bytes, size);
        const rest = sent === 0 ? bytes : viewFrom(bytes, sent);
        const count = sendNow(this.#descriptor.fd, rest, flags);
        if (count === undefined) return undefined;
        sent += count;
        if (sent >= lengthOf(bytes)) return sent;
        if (this.#mustPause("sending", flags)) return undefined;
      }
    };
    const partial = () => sent === 0 ? undefined : sent;
    return this.#transfer(
      "sending",
      attempt,
      options,
      { ...call, partial },
      flags,
    );
  }

  /**
   * `send` without waiting, and without a promise; undefined where it would wait.
   *
   * @throws {BrokenPipeError} When the peer has gone, or after
   * `shutdown(SHUT_WR)`.
   *
   * @example Until there is no room
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { assert } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * const piece = new Uint8Array(65_536);
   * let sent = 0;
   * for (let n; (n = a.sendNow(piece)) !== undefined;) sent += n;
   * assert(sent > 0);
   * b.close();
   * ```
   */
  sendNow(bytes: Uint8Array, flags = 0): number | undefined {
    const fd = this.#fd("send", "send");
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) throw refusal;
    if (this.#descriptor.isBusy("sending")) return undefined;
    requireBuffer(bytes, lengthOf(bytes));
    return sendNow(fd, bytes, flags);
  }

  /**
   * Receives on a connection: C's `recv`. Resolves with how many bytes, 0 at the
   * end of a stream.
   *
   * With MSG_WAITALL it fills the buffer, unless the stream ends or the call is
   * given up with some of it filled.
   *
   * @throws {ConnectionResetError} When the peer has reset the connection.
   * @throws {WouldBlockError} When it would have to wait, with MSG_DONTWAIT.
   *
   * @example A whole header, which stays to be read
   * ```ts
   * import {
   *   AF_UNIX,
   *   MSG_PEEK,
   *   MSG_WAITALL,
   *   SOCK_STREAM,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * const receiving = b.recv(new Uint8Array(4), { flags: MSG_WAITALL });
   * await a.send(new Uint8Array([1, 2]));
   * await a.send(new Uint8Array([3, 4, 5]));
   * assertEquals(await receiving, 4);
   *
   * const rest = new Uint8Array(8);
   * assertEquals(await b.recv(rest, { flags: MSG_PEEK }), 1);
   * assertEquals(await b.recv(rest), 1);
   * assertEquals(rest[0], 5);
   * ```
   */
  recv(buffer: Uint8Array, options?: TransferOptions): Promise<number> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) return Promise.reject(refusal);
    const call = RECEIVE;
    if (this.#wantsAll(flags)) {
      const receive = (rest: Uint8Array) => {
        if (lengthOf(rest) === 0) return { length: 0 }; // for which C would wait
        const length = recvNow(this.#descriptor.fd, rest, flags);
        return length === undefined ? undefined : { length };
      };
      const parts = bufferParts(buffer, receive);
      const { attempt, partial } = this.#whole(parts, flags);
      const whole = { ...call, partial: () => partial()?.length };
      const tried = () => attempt()?.length;
      return this.#transfer("receiving", tried, options, whole, flags);
    }
    const size = lengthOf(buffer);
    const attempt = () => {
      requireBuffer(buffer, size);
      const count = recvNow(this.#descriptor.fd, buffer, flags);
      const isShort = count !== undefined && count < lengthOf(buffer);
      // Of a local stream, descriptors that come with it end what is received.
      if (
        isShort && flags === 0 && this.#isStream && this.#family !== AF_UNIX
      ) {
        this.#descriptor.drained();
      }
      return count;
    };
    return this.#transfer("receiving", attempt, options, call, flags);
  }

  #wantsAll(flags: number): boolean {
    return (flags & MSG_WAITALL) !== 0 && this.#isStream;
  }

  #whole<T extends { readonly length: number }>(
    parts: Parts<T>,
    flags: number,
  ): WholeReceive<T> {
    return (flags & MSG_PEEK) !== 0
      ? peekWhole(this.#descriptor, parts)
      : receiveWhole(parts, {
        keepFault: (error) => this.#fault = error,
        mustPause: () => this.#mustPause("receiving", flags),
      });
  }

  /** Whether a call in several parts goes on when the event loop had its turn. */
  #mustPause(side: Side, flags: number): boolean {
    if ((flags & MSG_DONTWAIT) !== 0 || !isLoopStarved()) return false;
    this.#descriptor.continueLater(side);
    return true;
  }

  #throwFault(): void {
    if (this.#fault === undefined) return;
    const fault = this.#fault;
    this.#fault = undefined;
    throw fault;
  }

  /**
   * `recv` without waiting, and without a promise; undefined where it would wait.
   *
   * @throws {ConnectionResetError} When the peer has reset the connection.
   *
   * @example What is there, if there is something
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * const buffer = new Uint8Array(8);
   * assertEquals(b.recvNow(buffer), undefined);
   * await a.send(new Uint8Array([1, 2, 3]));
   * assertEquals(b.recvNow(buffer), 3);
   * ```
   */
  recvNow(buffer: Uint8Array, flags = 0): number | undefined {
    const fd = this.#fd("receive", "recv");
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) throw refusal;
    if (this.#descriptor.isBusy("receiving")) return undefined;
    this.#throwFault();
    requireBuffer(buffer, lengthOf(buffer));
    return recvNow(fd, buffer, flags);
  }

  /**
   * Sends a datagram to an address: C's `sendto`.
   *
   * @throws {MessageTooLongError} When it is too large for one datagram.
   * @throws {NotCapableError} When the program may not send there.
   *
   * @example To an address
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * assertEquals(await a.sendTo(new Uint8Array([1, 2]), b.getSockName()), 2);
   * assertEquals(await b.recv(new Uint8Array(8)), 2);
   * ```
   */
  sendTo(
    bytes: Uint8Array,
    name: SocketName,
    options?: TransferOptions,
  ): Promise<number> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    let to: SocketName;
    try {
      to = copyName(name, this.#family);
      this.#toReach(to, "send to", "sendto");
    } catch (error) {
      return Promise.reject(error);
    }
    const size = lengthOf(bytes);
    const attempt = () => {
      requireBuffer(bytes, size);
      return sendToNow(this.#descriptor.fd, bytes, flags, to, this.#family);
    };
    const action = `send ${size} bytes to ${showName(to)}`;
    const isPaced = this.#isLocalDatagram;
    const call = { action, syscall: "sendto", isPaced };
    return this.#transfer("sending", attempt, options, call, flags);
  }

  /**
   * Receives, and tells from whom: C's `recvfrom`. MSG_WAITALL is as with `recv`.
   *
   * @throws {ConnectionRefusedError} When it has a peer, which refuses
   * datagrams.
   *
   * @example An answer to whoever asked
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * await a.sendTo(new TextEncoder().encode("ping"), b.getSockName());
   * const buffer = new Uint8Array(64);
   * const { length, address } = await b.recvFrom(buffer);
   * await b.sendTo(buffer.subarray(0, length), address);
   * assertEquals(await a.recv(new Uint8Array(64)), 4);
   * ```
   */
  recvFrom(buffer: Uint8Array, options?: TransferOptions): Promise<Received> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, buffer);
    if (refusal !== undefined) return Promise.reject(refusal);
    const receive = (rest: Uint8Array) =>
      IS_LINUX || this.#isStream
        ? recvFromNow(this.#descriptor.fd, rest, flags, !this.#isStream)
        : recvFromByMessage(this.#descriptor.fd, rest, flags);
    const call = { action: "receive", syscall: "recvfrom" };
    if (this.#wantsAll(flags)) {
      const whole = this.#whole(bufferParts(buffer, receive), flags);
      const asked = { ...call, partial: whole.partial };
      return this.#transfer("receiving", whole.attempt, options, asked, flags);
    }
    const size = lengthOf(buffer);
    const attempt = () => {
      requireBuffer(buffer, size);
      return receive(buffer);
    };
    return this.#transfer("receiving", attempt, options, call, flags);
  }

  /**
   * Sends a batch: C's `sendmmsg`. Resolves with how many datagrams were sent:
   * all, unless MSG_DONTWAIT is given, or the call is given up after some of them.
   *
   * When one fails, it rejects: those before it were sent, those after it not.
   * `sendManyNow` tells how many, and goes on from there.
   *
   * @throws {NotSupportedError} On macOS, which has no such call.
   *
   * @example Several datagrams in one call
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const batch = new MessageBatch({ capacity: 16 });
   * a.addTo(batch, new Uint8Array([1]), b.getSockName());
   * a.addTo(batch, new Uint8Array([2]), b.getSockName());
   * assertEquals(await a.sendMany(batch), 2);
   * assertEquals(await b.recv(new Uint8Array(8)), 1);
   * ```
   */
  sendMany(batch: MessageBatch, options?: TransferOptions): Promise<number> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) return Promise.reject(refusal);
    let sent = 0;
    const attempt = () => {
      while (sent < partsOf(batch).count()) {
        const count = this.#sendBatchNow(batch, sent, flags);
        if (count === undefined) return undefined;
        sent += count;
      }
      return sent;
    };
    const partial = () => sent === 0 ? undefined : sent;
    const isPaced = this.#isLocalDatagram && partsOf(batch).hasNames();
    const action = "send datagrams";
    const call = { action, syscall: "sendmmsg", partial, isPaced };
    return this.#transfer("sending", attempt, options, call, flags);
  }

  /**
   * `sendMany` without waiting; how many left, undefined where it would wait.
   *
   * @throws {SocketError} As `sendMany` does.
   *
   * @example The rest of a batch
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * a.connectNow(b.getSockName());
   * const batch = new MessageBatch({ capacity: 2 });
   * batch.push(new Uint8Array([1]));
   * batch.push(new Uint8Array([2]));
   * assertEquals(a.sendManyNow(batch, 1), 1); // the second alone
   * const buffer = new Uint8Array(8);
   * await b.recv(buffer);
   * assertEquals(buffer[0], 2);
   * ```
   */
  sendManyNow(batch: MessageBatch, from = 0, flags = 0): number | undefined {
    this.#fd("send datagrams", "sendmmsg");
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) throw refusal;
    if (this.#descriptor.isBusy("sending")) return undefined;
    return this.#sendBatchNow(batch, from, flags);
  }

  #sendBatchNow(
    batch: MessageBatch,
    from: number,
    flags: number,
  ): number | undefined {
    const end = this.#permittedEnd(batch, from);
    return sendBatchNow(this.#descriptor.fd, batch, { from, end }, flags);
  }

  /**
   * The index where the datagrams end that the program may send now: before one
   * that is refused. Throws if that is the first one.
   */
  #permittedEnd(batch: MessageBatch, from: number): number {
    // A batch that was received goes back to senders that nothing has checked.
    const count = partsOf(batch).fromSenders();
    if (count === 0 || this.#permit.isEverything) return partsOf(batch).count();
    for (let i = from; i < count; i++) {
      const name = partsOf(batch).nameAt(i);
      if ("path" in name && name.path === "") continue;
      try {
        this.#toReach(name, "send to", "sendmmsg");
      } catch (error) {
        if (i === from) throw error;
        return i;
      }
    }
    return partsOf(batch).count();
  }

  /**
   * Adds a datagram for an address to a batch; false where there is no room.
   *
   * @throws {NotCapableError} When the program may not send there.
   *
   * @example Until there is no room
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const batch = new MessageBatch({ capacity: 1 });
   * assertEquals(a.addTo(batch, new Uint8Array([1]), b.getSockName()), true);
   * assertEquals(a.addTo(batch, new Uint8Array([2]), b.getSockName()), false);
   * assertEquals(batch.address(0), b.getSockName());
   * ```
   */
  addTo(batch: MessageBatch, bytes: Uint8Array, name: SocketName): boolean {
    const to = copyName(name, this.#family);
    this.#toReach(to, "send to", "sendmmsg");
    return addToBatch(batch, bytes, encode(to, this.#family));
  }

  /**
   * Receives as many datagrams as there are and the batch has room for, at least
   * one: C's `recvmmsg`. Resolves with how many.
   *
   * @throws {TypeError} When another call receives into the batch already.
   * @throws {NotSupportedError} On macOS, which has no such call.
   *
   * @example What has come, in one call
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * for (const n of [1, 2, 3]) await a.sendTo(new Uint8Array([n]), b.getSockName());
   * const batch = new MessageBatch({ capacity: 64, size: 1500 });
   * let sum = 0;
   * for (let count = 0; count < 3; count += batch.length) {
   *   await b.recvMany(batch, { timeout: 5000 });
   *   for (let i = 0; i < batch.length; i++) sum += batch.data(i)[0]!;
   * }
   * assertEquals(sum, 6);
   * ```
   */
  recvMany(batch: MessageBatch, options?: TransferOptions): Promise<number> {
    const flags = options?.flags ?? 0;
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) return Promise.reject(refusal);
    const attempt = () => receiveBatchNow(this.#descriptor.fd, batch, flags);
    const call = { action: "receive datagrams", syscall: "recvmmsg" };
    let release: () => void;
    try {
      release = partsOf(batch).lend();
    } catch (error) {
      return Promise.reject(error);
    }
    const receiving = this.#transfer(
      "receiving",
      attempt,
      options,
      call,
      flags,
    );
    receiving.then(release, release);
    return receiving;
  }

  /**
   * `recvMany` without waiting; undefined where it would wait.
   *
   * @throws {SocketError} As `recvMany` does.
   *
   * @example Only if there is something
   * ```ts
   * import {
   *   AF_INET,
   *   MessageBatch,
   *   SOCK_DGRAM,
   *   socket,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const batch = new MessageBatch();
   * assertEquals(b.recvManyNow(batch), undefined);
   * await a.sendTo(new Uint8Array([7]), b.getSockName());
   * assertEquals(b.recvManyNow(batch), 1);
   * ```
   */
  recvManyNow(batch: MessageBatch, flags = 0): number | undefined {
    const fd = this.#fd("receive datagrams", "recvmmsg");
    const refusal = refusalOf(flags, NOTHING);
    if (refusal !== undefined) throw refusal;
    if (this.#descriptor.isBusy("receiving")) return undefined;
    this.#throwFault();
    return receiveBatchNow(fd, batch, flags);
  }

  /**
   * Sends pieces of bytes as one, and control messages: C's `sendmsg`. Of a stream,
   * all bytes, as `send` does. Descriptors must stay open until it resolves.
   *
   * @throws {RangeError} When a control message holds what is no number of C.
   * @throws {TypeError} When a control message is not one that can be sent.
   * @throws {MessageTooLongError} When it is too large for one datagram.
   * @throws {NotCapableError} When the program may not send there.
   *
   * @example A head and a body without copying them together
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * const head = new Uint8Array([0, 3]);
   * const body = new Uint8Array([7, 8, 9]);
   * await a.sendMsg({ data: [head, body], address: b.getSockName() });
   * const buffer = new Uint8Array(8);
   * const count = await b.recv(buffer);
   * assertEquals([...buffer.subarray(0, count)], [0, 3, 7, 8, 9]);
   * ```
   */
  sendMsg(message: Message, options?: TransferOptions): Promise<number> {
    if (typeof message !== "object" || message === null) {
      const text = `Cannot send ${showValue(message)}: it must be a message`;
      return Promise.reject(new TypeError(text));
    }
    const { data, address, control = [] } = message;
    const flags = options?.flags ?? 0;
    const buffers = buffersOf(data);
    const refusal = refusalOfAll(flags, buffers);
    if (refusal !== undefined) return Promise.reject(refusal);
    let beside: Uint8Array<ArrayBuffer>;
    let to: SocketName | undefined;
    try {
      to = address && copyName(address, this.#family);
      if (to) this.#toReach(to, "send to", "sendmsg");
      beside = encodeControl(control, (level, number) => {
        const call = { action: "send a control message", syscall: "sendmsg" };
        permitOption(level, number, call);
      });
    } catch (error) {
      return Promise.reject(error);
    }
    const guard = guardOf(buffers);
    let sent = 0;
    const attempt = () => {
      for (;;) {
        guard();
        const name = to && encode(to, this.#family);
        const rest = restOf(buffers, sent);
        const { fd } = this.#descriptor;
        const count = sendMsgNow(fd, rest, name, beside, flags);
        if (count === undefined) return undefined;
        sent += count;
        if (!this.#isStream || sent >= sizeOf(buffers)) return sent;
        beside = NOTHING; // the first bytes took it along
        if (this.#mustPause("sending", flags)) return undefined;
      }
    };
    const partial = () => sent === 0 ? undefined : sent;
    const isPaced = to !== undefined && this.#isLocalDatagram;
    const action = "send a message";
    const call = { action, syscall: "sendmsg", partial, isPaced };
    return this.#transfer("sending", attempt, options, call, flags);
  }

  /**
   * Receives into several buffers, and control messages: C's `recvmsg`. MSG_WAITALL
   * is as with `recv`, but what comes beside the bytes of a local stream ends it.
   *
   * @throws {RangeError} When `controlSize` is not from 0 to 65536.
   *
   * @example From whom, and with which TTL
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * b.setSockOpt("IP_RECVTTL", true);
   * a.setSockOpt("IP_TTL", 7);
   * await a.sendTo(new Uint8Array([1, 2]), b.getSockName());
   * const { length, address, control } = await b.recvMsg(new Uint8Array(8));
   * assertEquals([length, address], [2, a.getSockName()]);
   * assertEquals(control, [{ type: "IP_TTL", value: 7 }]);
   * ```
   */
  recvMsg(
    buffers: Uint8Array | readonly Uint8Array[],
    options?: RecvMsgOptions,
  ): Promise<ReceivedMessage> {
    const { flags = 0, controlSize = 512 } = options ?? {};
    const all = buffersOf(buffers);
    const refusal = refusalOfAll(flags, all);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (
      !(Number.isInteger(controlSize) && controlSize >= 0) ||
      controlSize > MAX_CONTROL
    ) {
      return Promise.reject(
        new RangeError(
          `Cannot use controlSize ${
            showValue(controlSize)
          }: it must be 0 to ${MAX_CONTROL}`,
        ),
      );
    }
    const guard = guardOf(all);
    const receive = (rest: readonly Uint8Array[]) =>
      recvMsgNow(this.#descriptor.fd, rest, controlSize, flags);
    const call = { action: "receive a message", syscall: "recvmsg" };
    if (this.#wantsAll(flags)) {
      const whole = this.#whole({
        room() {
          guard();
          return sizeOf(all);
        },
        receive: (from) => receive(restOf(all, from)),
        join: joinMessages,
        // Descriptors and credentials belong to some of the bytes.
        isLast: (part) => this.#family === AF_UNIX && hasControl(part),
      }, flags);
      const asked = { ...call, partial: whole.partial };
      return this.#transfer("receiving", whole.attempt, options, asked, flags);
    }
    const attempt = () => {
      guard();
      return receive(all);
    };
    return this.#transfer("receiving", attempt, options, call, flags);
  }

  #transfer<T>(
    side: Side,
    attempt: () => T | undefined,
    options: TransferOptions | undefined,
    call: CallContext<T>,
    flags: number,
  ): Promise<T> {
    if ((flags & MSG_OOB) !== 0) this.#descriptor.expectUrgent();
    const guarded = side === "sending" ? attempt : () => {
      this.#throwFault();
      if (this.#descriptor.isDrained) return undefined;
      return attempt();
    };
    if ((flags & MSG_DONTWAIT) === 0) {
      return this.#descriptor.perform(side, guarded, options, call);
    }
    try {
      checkWait(options);
      this.#fd(call.action, call.syscall);
      this.#descriptor.undrained();
      const result = this.#descriptor.isBusy(side)
        ? undefined
        : guarded() ?? call.partial?.();
      if (result !== undefined) return resolveFairly(result);
      throw errorOf("EAGAIN", call);
    } catch (error) {
      return rejectFairly(error);
    }
  }

  /**
   * Ends one direction of a connection, or both: C's `shutdown`. Of datagrams,
   * SHUT_RD does not end calls that wait to receive: close it instead.
   *
   * @throws {NotConnectedError} When it has no peer.
   * @throws {RangeError} When it is none of the three.
   *
   * @example The end of one direction
   * ```ts
   * import {
   *   AF_UNIX,
   *   SHUT_WR,
   *   SOCK_STREAM,
   *   socketPair,
   * } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * a.shutdown(SHUT_WR);
   * assertEquals(await b.recv(new Uint8Array(8)), 0);
   * await b.send(new Uint8Array([7])); // the other way still goes
   * assertEquals(await a.recv(new Uint8Array(8)), 1);
   * ```
   */
  shutdown(how: number): void {
    const fd = this.#fd("shut down", "shutdown");
    if (![0, 1, 2].includes(how)) {
      throw new RangeError(
        `Cannot shut down ${
          showValue(how)
        }: it must be SHUT_RD, SHUT_WR or SHUT_RDWR`,
      );
    }
    if (loadLibc().all.shutdown(fd, how) === 0) return;
    throw lastError("shut down", "shutdown");
  }

  /**
   * The name of this end: C's `getsockname`.
   *
   * @throws {ClosedError} When it is closed.
   *
   * @example Before and after bind
   * ```ts
   * import { AF_INET, type InetName, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using own = socket(AF_INET, SOCK_DGRAM);
   * assertEquals(own.getSockName(), { hostname: "0.0.0.0", port: 0 });
   * own.bind({ hostname: "127.0.0.1", port: 0 });
   * assertEquals((own.getSockName() as InetName).hostname, "127.0.0.1");
   * ```
   */
  getSockName(): SocketName {
    const fd = this.#fd("read the own name", "getsockname");
    return nameOf(fd, "getsockname");
  }

  /**
   * The name of the far end: C's `getpeername`.
   *
   * @throws {NotConnectedError} When there is none.
   *
   * @example Whom a socket is connected to
   * ```ts
   * import { AF_INET, SOCK_DGRAM, socket } from "@berkeley/sockets/posix";
   * import { NotConnectedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertThrows } from "@std/assert";
   *
   * using a = socket(AF_INET, SOCK_DGRAM);
   * a.bind({ hostname: "127.0.0.1", port: 0 });
   * using b = socket(AF_INET, SOCK_DGRAM);
   * b.bind({ hostname: "127.0.0.1", port: 0 });
   *
   * assertThrows(() => a.getPeerName(), NotConnectedError);
   * a.connectNow(b.getSockName());
   * assertEquals(a.getPeerName(), b.getSockName());
   * ```
   */
  getPeerName(): SocketName {
    const fd = this.#fd("read the peer's name", "getpeername");
    return nameOf(fd, "getpeername");
  }

  /**
   * Reads an option: C's `getsockopt`.
   *
   * @throws {TypeError} When there is no such option, or it can only be set.
   * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` when there is no such
   * option.
   *
   * @example Whether an attempt has failed
   * ```ts
   * import { AF_INET, SOCK_STREAM, socket } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * using own = socket(AF_INET, SOCK_STREAM);
   * assertEquals(own.getSockOpt("SO_ERROR"), 0);
   * assertEquals(own.getSockOpt("SO_TYPE"), SOCK_STREAM);
   * ```
   */
  getSockOpt<K extends SocketOptionName>(name: K): SocketOptions[K] {
    return getOption(this.#fd(`read ${name}`, "getsockopt"), name);
  }

  /**
   * Sets an option: C's `setsockopt`.
   *
   * @throws {TypeError} When there is no such option, or it can only be read.
   * @throws {SocketError} `ENOPROTOOPT` or `EOPNOTSUPP` when there is no such
   * option, `EINVAL` when it does not take the value, `EPERM` when the user may
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
    setOption(this.#fd(`set ${name}`, "setsockopt"), name, own);
  }

  /**
   * Reads an option that has no name here, by this system's numbers.
   *
   * @throws {SocketError} `ENOPROTOOPT` when there is no such option.
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
   * const bytes = own.getRawSockOpt(IPPROTO_TCP, TCP_NODELAY, 4);
   * assertEquals(new Int32Array(bytes.buffer)[0], 0);
   * ```
   */
  getRawSockOpt(
    level: number,
    number: number,
    size: number,
  ): Uint8Array<ArrayBuffer> {
    const fd = this.#fd("read an option", "getsockopt");
    return getRawOption(fd, level, number, size);
  }

  /**
   * Sets an option that has no name here, by this system's numbers.
   *
   * @throws {SocketError} `ENOPROTOOPT` when there is no such option, `EINVAL`
   * when it does not take the value.
   * @throws {NotCapableError} When it can change where packets go, as IP_OPTIONS
   * does, unless net access to every host is granted.
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
   * ```
   */
  setRawSockOpt(
    level: number,
    number: number,
    value: Uint8Array<ArrayBuffer>,
  ): void {
    const fd = this.#fd("set an option", "setsockopt");
    const call = { action: "set an option", syscall: "setsockopt" };
    permitOption(level, number, call);
    setRawOption(fd, level, number, value);
  }

  /**
   * What the kernel knows of the connection: TCP_INFO.
   *
   * @throws {NotSupportedError} On macOS, which has it in another form.
   *
   * @example What the kernel has seen
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
    const fd = this.#fd("read TCP_INFO", "getsockopt");
    if (!IS_LINUX) {
      throw socketError("ENOTSUP", { action: "read TCP_INFO" });
    }
    return decodeTcpInfo(
      getRawOption(fd, 6, TCP_INFO, TCP_INFO_SIZE, "TCP_INFO"),
    );
  }

  /**
   * Not for users: reports events to an owner that limits its calls itself, until
   * the function returned is called.
   *
   * @ignore
   */
  observe(observer: Observer): () => void {
    return this.#descriptor.observe(observer);
  }

  /**
   * Lets calls that wait keep the program alive, as they do from the start.
   *
   * @example A wait that counts again
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * b.unref();
   * const receiving = b.recv(new Uint8Array(1));
   * b.ref();
   * await a.send(new Uint8Array([7]));
   * assertEquals(await receiving, 1);
   * ```
   */
  ref(): void {
    this.#descriptor.setRef(true);
  }

  /**
   * Lets the program end while calls wait, except for those with a `timeout`; they
   * are looked after every 10 ms then.
   *
   * @example A wait in the background
   * ```ts
   * import { AF_UNIX, SOCK_STREAM, socketPair } from "@berkeley/sockets/posix";
   * import { assertEquals } from "@std/assert";
   *
   * const [a, b] = socketPair(AF_UNIX, SOCK_STREAM);
   * using _a = a, _b = b;
   *
   * b.unref();
   * const receiving = b.recv(new Uint8Array(1)); // alone, it lets the program end
   * await a.send(new Uint8Array([7]));
   * b.ref();
   * assertEquals(await receiving, 1);
   * ```
   */
  unref(): void {
    this.#descriptor.setRef(false);
  }

  /**
   * Closes it: C's `close`. What waits on it rejects with a `ClosedError`; a second
   * call does nothing. See SO_LINGER for what becomes of what is still to be sent.
   *
   * @example What waits is told
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
    this.#descriptor.close();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Closes it, and waits until no thread waits for it any more: what a test needs
   * that looks for leaks.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#descriptor.quiet();
  }
}
