import { SOCK_DGRAM } from "../address/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { addressFor } from "./_address_text.ts";
import { badBytes } from "./_check_bytes.ts";
import type { UdpCore } from "./_core.ts";
import { isBroadcast } from "./_interfaces.ts";
import {
  checkInterface,
  multicastGroup,
  neededFeature,
} from "./_multicast_group.ts";
import { SenderAddress } from "./_sender_address.ts";
import type { RawDatagram, UdpBackend, UdpSettings } from "./_transport.ts";
import { type UdpFeature, unsupported } from "./_unsupported.ts";
import type { Datagram, ReceivedInto } from "./datagram.ts";
import type { MulticastOptions } from "./multicast_options.ts";
import type { UdpStats } from "./stats.ts";

/** The largest payload of UDP over IPv4 and over IPv6 (without jumbograms). */
const MAX_PAYLOAD = { 4: 65_507, 6: 65_527 };

/** The core of an endpoint, for the classes of this folder. */
export let coreOf: (endpoint: UdpEndpoint) => UdpCore;
/** Closes an endpoint without closing its socket, which goes to another one. */
export let takeCore: (endpoint: UdpEndpoint) => UdpCore;

/**
 * What {@linkcode UdpSocket} and {@linkcode ConnectedUdpSocket} share: receiving,
 * options, multicast, closing.
 *
 * Receives are served in the order of their calls. One that times out or is
 * aborted loses no datagram: the next receive gets it.
 *
 * @example A function for sockets of either kind
 * ```ts
 * import { bindUdp, connectUdp, type UdpEndpoint } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * async function firstOf(socket: UdpEndpoint): Promise<number> {
 *   const { data } = await socket.receive({ timeout: 5000 });
 *   return data[0]!;
 * }
 *
 * using server = await bindUdp({ hostname: "127.0.0.1" });
 * using client = await connectUdp(server.localAddr);
 * await client.send(new Uint8Array([7]));
 * assertEquals(await firstOf(server), 7);
 * await server.sendTo(new Uint8Array([8]), client.localAddr);
 * assertEquals(await firstOf(client), 8);
 * ```
 */
export abstract class UdpEndpoint
  implements AsyncIterable<Datagram>, Disposable, AsyncDisposable {
  readonly #core: UdpCore;
  #isClosed = false;
  #closing: Promise<void> = Promise.resolve();
  readonly #from = new SenderAddress();

  static {
    coreOf = (endpoint) => endpoint.#core;
    takeCore = (endpoint) => {
      if (endpoint.#isClosed) throw endpoint.error("EBADF", "connect");
      endpoint.#isClosed = true;
      return endpoint.#core;
    };
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected constructor(core: UdpCore) {
    this.#core = core;
    this.family = core.family;
    core.receiver.owner = {
      failure: (error, syscall) => this.failure(error, syscall),
      timeout: (syscall) => this.error("ETIMEDOUT", syscall),
      accepts: (hostname, port) => this.accepts(hostname, port),
    };
    core.sender.failure = (error, syscall) => this.failure(error, syscall);
  }

  /**
   * Not for users: whether a datagram from there is delivered.
   *
   * @ignore
   */
  protected abstract accepts(hostname: string, port: number): boolean;
  /**
   * Not for users: what the socket is called in messages.
   *
   * @ignore
   */
  protected abstract subject(syscall: string): string;

  /**
   * Not for users: the peer of a connected socket.
   *
   * @ignore
   */
  protected get peer(): Deno.NetAddr | undefined {
    return undefined;
  }

  #context(syscall: string) {
    const { localAddr, peer: remoteAddr } = this;
    return { action: this.subject(syscall), syscall, localAddr, remoteAddr };
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected error(code: string, syscall: string, reason?: string): Error {
    return socketError(code, { ...this.#context(syscall), reason });
  }

  /**
   * Not for users.
   *
   * @ignore
   */
  protected failure(error: unknown, syscall: string): Error {
    if (this.#isClosed) return this.error("EBADF", syscall);
    const { code, address } = error as { code?: unknown; address?: unknown };
    // node:dgram keeps the kernel's reason to itself, and calls it UNKNOWN.
    const isVague = code === "UNKNOWN" && syscall === "sendto";
    const isDenied = code === "EACCES" && syscall === "sendto" ||
      isVague && isBroadcast(String(address));
    if (isDenied && !this.#core.broadcast) {
      const reason =
        "permission denied by the system; if it is a broadcast address, bind with broadcast: true";
      const context = { ...this.#context(syscall), reason, cause: error };
      return socketError("EACCES", context);
    }
    if (!isVague) return toSocketError(error, this.#context(syscall));
    const reason =
      `the system cannot send to ${address}, and the "${this.backend}" backend does not say why: no route, an unreachable host, a firewall, or a broadcast address without broadcast: true`;
    const context = { ...this.#context(syscall), reason, cause: error };
    return socketError("EIO", context);
  }

  /** Where it is bound: C's `getsockname`. */
  get localAddr(): Deno.NetAddr {
    return this.#core.transport.localAddr;
  }

  /** Which API of the runtime carries it. */
  get backend(): UdpBackend {
    return this.#core.transport.backend;
  }

  /** Whether it has been closed on this side. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many received datagrams were dropped because the queue was full. */
  get dropped(): number {
    return this.#core.transport.dropped;
  }

  /** What it has done so far. */
  get stats(): UdpStats {
    const { receiver, sender } = this.#core;
    const { received, strangers } = receiver;
    return { received, strangers, dropped: this.dropped, sent: sender.sent };
  }

  /** 4 or 6. */
  protected readonly family: 4 | 6;

  /**
   * Receives a datagram: C's `recvfrom`. An empty datagram is one, too.
   *
   * @throws {ClosedError} When the socket is closed, before or meanwhile.
   *
   * @example A wait that is given up loses no datagram
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * await assertRejects(() => server.receive({ timeout: 10 }), TimedOutError);
   * await client.send(new TextEncoder().encode("hello"));
   * const { data, address, truncated } = await server.receive();
   * assertEquals(new TextDecoder().decode(data), "hello");
   * assertEquals([address, truncated], [client.localAddr, false]);
   * ```
   */
  receive(options?: WaitOptions): Promise<Datagram> {
    return this.#receive(options, this.#own);
  }

  #receive<T>(
    options: WaitOptions | undefined,
    take: (datagram: RawDatagram) => T,
  ): Promise<T> {
    return this.#isClosed
      ? Promise.reject(this.error("EBADF", "recvfrom"))
      : this.#core.receiver.receive(options, take);
  }

  readonly #own = (datagram: RawDatagram): Datagram => ({
    data: new Uint8Array(datagram.bytes),
    address: this.#from.of(datagram),
    truncated: datagram.truncated,
  });

  /**
   * Receives a datagram into `buffer`, without memory of its own: the fastest way.
   *
   * @throws {ClosedError} When the socket is closed, before or meanwhile.
   * @throws {TypeError} When the memory of the buffer was transferred away, before
   * or meanwhile; the next receive gets the datagram.
   *
   * @example One buffer for all datagrams
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * const buffer = new Uint8Array(4);
   * await client.send(new Uint8Array([1, 2]));
   * const first = await server.receiveInto(buffer, { timeout: 5000 });
   * assertEquals(buffer.subarray(0, first.length), new Uint8Array([1, 2]));
   *
   * await client.send(new Uint8Array(100)); // loses what the buffer has no room for
   * const second = await server.receiveInto(buffer, { timeout: 5000 });
   * assertEquals([second.length, second.truncated], [4, true]);
   * ```
   */
  receiveInto(
    buffer: Uint8Array,
    options?: WaitOptions,
  ): Promise<ReceivedInto> {
    const bad = badBytes(buffer, "receive");
    if (bad !== undefined) return Promise.reject(bad);
    return this.#receive(options, (datagram) => {
      const { bytes } = datagram;
      const isShort = bytes.length > buffer.length;
      buffer.set(isShort ? bytes.subarray(0, buffer.length) : bytes);
      return {
        length: isShort ? buffer.length : bytes.length,
        address: this.#from.of(datagram),
        truncated: isShort || datagram.truncated,
      };
    });
  }

  /**
   * Receives as many datagrams as are there, at least one and at most `most`.
   *
   * @throws {RangeError} When `most` is not a positive integer.
   *
   * @example What has come meanwhile
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * await client.sendMany([1, 2, 3].map((n) => new Uint8Array([n])));
   * const got: number[] = [];
   * while (got.length < 3) {
   *   const batch = await server.receiveBatch(64, { timeout: 5000 });
   *   got.push(...batch.map(({ data }) => data[0]!));
   * }
   * assertEquals(got, [1, 2, 3]);
   * ```
   */
  async receiveBatch(
    most: number,
    options?: WaitOptions,
  ): Promise<Datagram[]> {
    checkInteger("most", most, 1);
    const batch = [await this.receive(options)];
    await this.#core.receiver.drain(
      most - 1,
      (datagram) => batch.push(this.#own(datagram)),
    );
    return batch;
  }

  /** The datagrams, as they come, until the socket is closed. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Datagram> {
    while (!this.#isClosed) {
      let datagram: Datagram;
      try {
        datagram = await this.receive();
      } catch (error) {
        if (this.#isClosed) return;
        throw error;
      }
      yield datagram;
    }
  }

  /**
   * Not for users: sends to an IP address, once the bytes have been checked.
   *
   * @ignore
   */
  protected transmit(
    bytes: Uint8Array,
    hostname: string,
    port: number,
  ): Promise<number> {
    const refusal = this.#refusal(bytes, hostname);
    return refusal === undefined
      ? this.#core.sender.send(bytes, hostname, port)
      : Promise.reject(refusal);
  }

  /** Why a datagram cannot be sent, before anything is tried. */
  #refusal(bytes: Uint8Array, hostname: string): Error | undefined {
    if (this.#isClosed) return this.error("EBADF", "sendto");
    const bad = badBytes(bytes, "send");
    if (bad !== undefined) return bad;
    const most = MAX_PAYLOAD[this.family];
    if (bytes.length > most) {
      const reason = `${bytes.length} bytes, the largest datagram has ${most}`;
      return this.error("EMSGSIZE", "sendto", reason);
    }
    if (hostname === "255.255.255.255" && !this.#core.broadcast) {
      const reason = "it is a broadcast address; bind with broadcast: true";
      return this.error("EACCES", "sendto", reason);
    }
    return undefined;
  }

  /**
   * Not for users: sends datagrams, in fewer calls where the backend can. Those in
   * front of one that cannot be sent are sent.
   *
   * @ignore
   */
  protected async transmitMany(
    datagrams: readonly { bytes: Uint8Array; hostname: string; port: number }[],
  ): Promise<number> {
    if (this.#isClosed) throw this.error("EBADF", "sendto");
    const bad = datagrams.findIndex(({ bytes, hostname }) =>
      this.#refusal(bytes, hostname) !== undefined
    );
    const good = bad === -1 ? datagrams : datagrams.slice(0, bad);
    const sent = good.length === 0 ? 0 : await this.#core.sender.sendMany(good);
    const first = datagrams[bad];
    if (first !== undefined) throw this.#refusal(first.bytes, first.hostname)!;
    return sent;
  }

  /**
   * Not for users: the text of an address that this socket can send to.
   *
   * @ignore
   */
  protected reachable(hostname: string): string {
    const text = addressFor(this.family, hostname);
    if (text !== undefined) return text;
    throw this.error(
      "EAFNOSUPPORT",
      "sendto",
      `an IPv4 socket cannot send to ${hostname}; bind to "::"`,
    );
  }

  #set<K extends keyof UdpSettings>(name: K, value: UdpSettings[K]): void {
    if (this.#isClosed) throw this.error("EBADF", "setsockopt");
    let isSet: boolean;
    try {
      isSet = this.#core.transport.set(name, value);
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
    if (!isSet) throw this.#unsupported(name);
  }

  #unsupported(feature: UdpFeature): Error {
    const { backend, family } = this;
    const reason = unsupported(feature, { backend, family });
    return this.error("ENOTSUP", "setsockopt", reason);
  }

  /**
   * IP_TTL, IPV6_UNICAST_HOPS: through how many routers datagrams may go, 1 to 255.
   *
   * @throws {NotSupportedError} On the `"deno"` backend, and over IPv6 on `"node"`.
   * @throws {RangeError} When it is out of range.
   *
   * @example No farther than the next router
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertThrows } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
   * socket.setTtl(1);
   * assertThrows(() => socket.setTtl(256), RangeError);
   * ```
   */
  setTtl(ttl: number): void {
    checkInteger("ttl", ttl, 1, 255);
    this.#set("ttl", ttl);
  }

  /**
   * SO_BROADCAST: whether it may send to broadcast addresses; see
   * `UdpOptions.broadcast`.
   *
   * @throws {ClosedError} When the socket is closed, as all settings do.
   *
   * @example Only for as long as it is needed
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { PermissionDeniedError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1", broadcast: true });
   * socket.setBroadcast(false);
   * await assertRejects(
   *   () =>
   *     socket.sendTo(new Uint8Array(1), { hostname: "255.255.255.255", port: 9 }),
   *   PermissionDeniedError,
   * );
   * ```
   */
  setBroadcast(on: boolean): void {
    this.#set("broadcast", on);
    this.#core.broadcast = on;
  }

  /**
   * IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: through how many routers multicast
   * datagrams may go, 1 to 255; 1, the default, keeps them on the local network.
   *
   * @throws {NotSupportedError} On the `"deno"` backend, and over IPv6 on `"node"`.
   * @throws {RangeError} When it is out of range.
   *
   * @example Beyond the local network
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertThrows } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
   * socket.setMulticastTtl(4);
   * assertThrows(() => socket.setMulticastTtl(0), RangeError);
   * ```
   */
  setMulticastTtl(ttl: number): void {
    checkInteger("multicast TTL", ttl, 1, 255);
    this.#set("multicastTtl", ttl);
  }

  /**
   * IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP: whether members on this host get what
   * it sends to a group.
   *
   * @throws {NotSupportedError} On the `"deno"` backend.
   *
   * @example Hearing oneself
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * const group = "239.255.42.98";
   * using socket = await bindUdp({ backend: "node" });
   * socket.setMulticastInterface("127.0.0.1");
   * await socket.joinMulticast(group, { interface: "127.0.0.1" });
   *
   * socket.setMulticastLoopback(true); // as it is from the start
   * const to = { hostname: group, port: socket.localAddr.port };
   * await socket.sendTo(new TextEncoder().encode("to all"), to);
   * const { data } = await socket.receive({ timeout: 5000 });
   * assertEquals(new TextDecoder().decode(data), "to all");
   * ```
   */
  setMulticastLoopback(on: boolean): void {
    this.#set("multicastLoopback", on);
  }

  /**
   * IP_MULTICAST_IF, IPV6_MULTICAST_IF: the interface that multicast datagrams
   * leave by: an IPv4 address of it, or for IPv6 its index or name.
   *
   * @throws {NotSupportedError} On the `"deno"` backend.
   * @throws {TypeError} When it is no interface of the socket's family.
   *
   * @example Out by the loopback interface
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * const group = "239.255.42.98";
   * using member = await bindUdp({ backend: "node" });
   * await member.joinMulticast(group, { interface: "127.0.0.1" });
   *
   * using sender = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
   * sender.setMulticastInterface("127.0.0.1");
   * const to = { hostname: group, port: member.localAddr.port };
   * await sender.sendTo(new Uint8Array([7]), to);
   * assertEquals((await member.receive({ timeout: 5000 })).data[0], 7);
   * ```
   */
  setMulticastInterface(via: string | number): void {
    checkInterface(via, this.family);
    this.#set("multicastInterface", via);
  }

  /**
   * SO_RCVBUF in bytes. `setOption("SO_RCVBUF", size)` sets it on every backend.
   *
   * @throws {NotSupportedError} On the `"deno"` and `"node"` backends, which have no
   * such call.
   * @throws {RangeError} When it is not a positive integer.
   *
   * @example Over libc
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assert } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1" });
   * if (socket.backend === "posix") {
   *   socket.setReceiveBufferSize(1 << 20);
   *   assert(await socket.getOption("SO_RCVBUF") > 0);
   * }
   * ```
   */
  setReceiveBufferSize(size: number): void {
    checkInteger("receive buffer size", size, 1, 2 ** 30);
    this.#set("receiveBufferSize", size);
  }

  /**
   * SO_SNDBUF in bytes. `setOption("SO_SNDBUF", size)` sets it on every backend.
   *
   * @throws {NotSupportedError} On the `"deno"` and `"node"` backends, which have no
   * such call.
   * @throws {RangeError} When it is not a positive integer.
   *
   * @example Over libc
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assert } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1" });
   * if (socket.backend === "posix") {
   *   socket.setSendBufferSize(1 << 20);
   *   assert(await socket.getOption("SO_SNDBUF") > 0);
   * }
   * ```
   */
  setSendBufferSize(size: number): void {
    checkInteger("send buffer size", size, 1, 2 ** 30);
    this.#set("sendBufferSize", size);
  }

  /**
   * Joins a multicast group: IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP, or with a source
   * IP_ADD_SOURCE_MEMBERSHIP.
   *
   * @throws {TypeError} When the address is no multicast address of the socket's
   * family, or the interface or the source is not of that family.
   * @throws {AddressInUseError} When it is a member already.
   * @throws {NotSupportedError} When the backend cannot: a source needs
   * `backend: "node"` and IPv4; over IPv6, the name of an interface needs
   * `backend: "node"` or `--allow-sys`, its index `backend: "deno"` or
   * `--allow-sys`.
   *
   * @example Hearing what is sent to a group
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * const group = "239.255.42.98";
   * using member = await bindUdp({ reuseAddress: true, backend: "node" });
   * await member.joinMulticast(group, { interface: "127.0.0.1" });
   *
   * using sender = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
   * sender.setMulticastInterface("127.0.0.1");
   * const to = { hostname: group, port: member.localAddr.port };
   * await sender.sendTo(new TextEncoder().encode("to all"), to);
   * const { data } = await member.receive({ timeout: 5000 });
   * assertEquals(new TextDecoder().decode(data), "to all");
   * ```
   */
  async joinMulticast(
    address: string,
    options: MulticastOptions = {},
  ): Promise<void> {
    await this.#member("join", address, options);
  }

  /**
   * Leaves a multicast group, with the options with which it was joined.
   *
   * @throws {AddressNotAvailableError} When it is not a member.
   *
   * @example A member, and no more
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { SocketError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const group = "239.255.42.98";
   * const via = { interface: "127.0.0.1" };
   * using member = await bindUdp({ backend: "node" });
   * await member.joinMulticast(group, via);
   * await member.leaveMulticast(group, via);
   * await assertRejects(() => member.leaveMulticast(group, via), SocketError);
   * ```
   */
  async leaveMulticast(
    address: string,
    options: MulticastOptions = {},
  ): Promise<void> {
    await this.#member("leave", address, options);
  }

  async #member(
    verb: "join" | "leave",
    address: string,
    options: MulticastOptions,
  ): Promise<void> {
    const group = multicastGroup(verb, this.family, address, options);
    if (this.#isClosed) throw this.error("EBADF", "setsockopt");
    let isDone: boolean;
    try {
      isDone = await this.#core.transport[verb](group);
    } catch (error) {
      throw this.failure(error, "setsockopt");
    }
    if (!isDone) throw this.#unsupported(neededFeature(group));
  }

  /**
   * Sets an option of the socket: C's `setsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`, or another
   * socket shares the port and the backend is not `"posix"`.
   * @throws {SocketError} `ENOPROTOOPT` when the system has no such option, `EINVAL`
   * when it does not take the value.
   *
   * @example Where the program may use libc
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertInstanceOf } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1" });
   * try {
   *   await socket.setOption("IP_TOS", 0xb8);
   *   assertEquals(await socket.getOption("IP_TOS"), 0xb8);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  async setOption<K extends SocketOptionName>(
    name: K,
    value: SocketOptions[K],
  ): Promise<void> {
    const findOwner = () => this.#optionOwner("setsockopt");
    await setOptions(findOwner, { [name]: value });
    if (name === "SO_BROADCAST") this.#core.broadcast = value === true;
  }

  /**
   * Reads an option of the socket: C's `getsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   *
   * @example The size of a buffer of the kernel
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { NotSupportedError } from "@berkeley/sockets/errors";
   * import { assert, assertInstanceOf } from "@std/assert";
   *
   * using socket = await bindUdp({ hostname: "127.0.0.1" });
   * try {
   *   assert(await socket.getOption("SO_RCVBUF") > 0);
   * } catch (error) { // without --allow-ffi
   *   assertInstanceOf(error, NotSupportedError);
   * }
   * ```
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(() => this.#optionOwner("getsockopt"), name);
  }

  #optionOwner(syscall: string) {
    if (this.#isClosed) throw this.error("EBADF", syscall);
    const { descriptor, localAddr } = this.#core.transport;
    return { type: SOCK_DGRAM, descriptor, localAddr };
  }

  /**
   * Keeps the program alive while calls are pending. This is the default.
   *
   * @example A receive that counts again
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * server.unref();
   * const receiving = server.receive();
   * server.ref();
   * await client.send(new Uint8Array([7]));
   * assertEquals((await receiving).data[0], 7);
   * ```
   */
  ref(): void {
    this.#core.timers.ref();
    this.#core.receiver.ref();
  }

  /**
   * Lets the program end while calls are pending. A socket without a pending call
   * never keeps it alive.
   *
   * @example A socket that listens in the background
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * server.unref();
   * const news = server.receive(); // pending, it does not keep the program alive
   * await client.send(new Uint8Array([7]));
   * server.ref();
   * assertEquals((await news).data[0], 7);
   * ```
   */
  unref(): void {
    this.#core.timers.unref();
    this.#core.receiver.unref();
  }

  /**
   * Closes the socket: C's `close`. What waits on it rejects with a `ClosedError`,
   * iterations end quietly, and a second call does nothing.
   *
   * @example What waits is told
   * ```ts
   * import { bindUdp } from "@berkeley/sockets/udp";
   * import { ClosedError } from "@berkeley/sockets/errors";
   * import { assertRejects } from "@std/assert";
   *
   * const socket = await bindUdp({ hostname: "127.0.0.1" });
   * const receiving = socket.receive();
   * socket.close();
   * socket.close(); // does nothing
   * await assertRejects(() => receiving, ClosedError);
   * ```
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#core.receiver.close(this.error("EBADF", "recvfrom"));
    this.#core.sender.close(this.error("EBADF", "sendto"));
    this.#closing = this.#core.transport.close();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the socket, and waits until its port is free. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.#closing;
  }
}
