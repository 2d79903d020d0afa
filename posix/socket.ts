import { AF_UNIX } from "../address/mod.ts";
import { checkInteger, showValue } from "../internal/check/mod.ts";
import {
  checkWait,
  rejectFairly,
  resolveFairly,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { connecting, disconnectNow } from "./_connect.ts";
import { type CallName, checkCall, errorOf } from "./_failure.ts";
import { loadLibc } from "./_libc.ts";
import { MessageSocket } from "./message_socket.ts";
import { acceptNow, configure, openDescriptor } from "./_open.ts";
import { permitAdopting, permitOpening } from "./_permit.ts";
import { encode } from "./_sockaddr.ts";
import type { SocketCore } from "./_socket_core.ts";
import { coreOf } from "./socket_base.ts";
import { copyName, showName, type SocketName } from "./socket_name.ts";

/** A connection that was accepted, and who connected. */
export interface Accepted {
  /** The connection. */
  socket: PosixSocket;
  /** The peer. */
  address: SocketName;
}

/** Closes it if the system has chosen a port that is denied: C cannot unbind. */
function noteBound(core: SocketCore, call: CallName): void {
  if (core.family === AF_UNIX) return;
  try {
    core.permit.bound(core.here(), call);
  } catch (error) {
    core.close();
    throw error;
  }
}

/** C's `connect` to a name that the program may use, and what it reads like. */
function startOf(
  core: SocketCore,
  name: SocketName,
): CallName & { attempt: ReturnType<typeof connecting> } {
  const to = copyName(name, core.family);
  const fd = core.fd("connect", "connect");
  const sockaddr = encode(to, core.family);
  const syscall = "connect";
  core.requireReach(to, { action: "connect to", syscall });
  const action = `connect to ${showName(to)}`;
  return { attempt: connecting(fd, sockaddr, action), action, syscall };
}

const BIND: CallName = { action: "bind to", syscall: "bind" };
const LISTEN: CallName = { action: "listen on", syscall: "listen" };
const ACCEPT: CallName = { action: "accept", syscall: "accept" };

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
export class PosixSocket extends MessageSocket {
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
    configure(fd);
    return new PosixSocket(fd, family, type);
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
    const core = coreOf(this);
    const to = copyName(name, core.family);
    const fd = core.fd("bind", "bind");
    const sockaddr = encode(to, core.family);
    core.permit.toBind(to, BIND);
    const result = loadLibc().bind(fd, sockaddr, sockaddr.length);
    checkCall(result, `bind to ${showName(to)}`, "bind");
    noteBound(core, BIND);
  }

  /**
   * Lets others connect: C's `listen`.
   * See the example of {@linkcode PosixSocket.prototype.accept}.
   *
   * @param backlog How many connections wait for accept; the system caps it.
   *
   * @throws {AddressInUseError} When another socket listens there.
   * @throws {NotCapableError} When the program may not listen there.
   * @throws {RangeError} When the backlog is not an integer of 0 or more.
   */
  listen(backlog: number = 511): void {
    const core = coreOf(this);
    checkInteger("backlog", backlog, 0);
    const fd = core.fd("listen", "listen");
    // libc would bind a socket that has no name yet to any address.
    if (core.family !== AF_UNIX) core.permit.toBind(core.here(), LISTEN);
    const result = loadLibc().listen(fd, Math.min(backlog, 2 ** 31 - 1));
    checkCall(result, "listen", "listen");
    noteBound(core, LISTEN);
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
   * listener.listen(16); // connections wait for accept()
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
    const { receiving } = coreOf(this);
    return receiving.perform(() => this.acceptNow(), options, ACCEPT);
  }

  /**
   * Not for users: accepts a connection that is there already.
   *
   * @ignore
   */
  acceptNow(): Accepted | undefined {
    const { descriptor, family, type } = coreOf(this);
    const accepted = acceptNow(descriptor.open(ACCEPT));
    if (accepted === undefined) return undefined;
    const { fd, address } = accepted;
    return { socket: new PosixSocket(fd, family, type), address };
  }

  /**
   * Connects: C's `connect`, which is begun without blocking, and ends when the
   * socket is writable and has no SO_ERROR. For datagrams it sets the peer, and
   * can be done again.
   *
   * If it is cancelled, the socket is closed, since its attempt would go on.
   *
   * @throws {ConnectionRefusedError} When nobody listens there.
   * @throws {HostUnreachableError} When there is no way to the host.
   * @throws {TimedOutError} If the peer does not answer in time, or `options.timeout`
   * expires.
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
    const core = coreOf(this);
    const { attempt, ...call } = startOf(core, name);
    let isDone: boolean | undefined;
    try {
      isDone = attempt();
    } catch (error) {
      return await rejectFairly(error);
    }
    if (isDone) return await resolveFairly(undefined);
    let isCancelled = false;
    const partial = () => {
      isCancelled = true;
      return undefined;
    };
    // A local listener whose queue is full is asked again.
    const context = { ...call, partial, isPaced: isDone === false };
    try {
      await core.sending.perform(
        () => attempt() || undefined,
        options,
        context,
      );
    } finally {
      if (isCancelled) this.close();
    }
  }

  /**
   * Sets the peer of a datagram socket, for which `connect` never waits.
   * See the example of {@linkcode PosixSocket.prototype.disconnect}.
   *
   * @throws {SocketError} `EINPROGRESS` for a socket that would have to wait.
   */
  connectNow(name: SocketName): void {
    const { attempt, ...call } = startOf(coreOf(this), name);
    if (!attempt()) throw errorOf("EINPROGRESS", call);
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
    disconnectNow(coreOf(this).fd("disconnect", "connect"));
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
    const fd = coreOf(this).fd("shut down", "shutdown");
    if (![0, 1, 2].includes(how)) {
      throw new RangeError(
        `Cannot shut down ${
          showValue(how)
        }: it must be SHUT_RD, SHUT_WR or SHUT_RDWR`,
      );
    }
    checkCall(loadLibc().shutdown(fd, how), "shut down", "shutdown");
  }
}
