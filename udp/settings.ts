import { SOCK_DGRAM } from "../address/mod.ts";
import { checkInteger } from "../internal/check/mod.ts";
import {
  readOption,
  setOptions,
  type SocketOptionName,
  type SocketOptions,
} from "../internal/libc/mod.ts";
import { checkInterface, multicastGroup } from "./_multicast_group.ts";
import { coreOf, UdpHandle } from "./handle.ts";
import type { MulticastOptions } from "./multicast_options.ts";

/**
 * The settings of a UDP socket: hop limits, broadcast, multicast, buffers, and C's
 * options.
 *
 * @example A function that sets up sockets of either kind
 * ```ts
 * import { bindUdp, type UdpSettings } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * function allowBroadcast<T extends UdpSettings>(socket: T): T {
 *   socket.setBroadcast(true);
 *   return socket;
 * }
 *
 * using socket = allowBroadcast(await bindUdp({ hostname: "127.0.0.1" }));
 * assertEquals(socket.isClosed, false);
 * ```
 */
export abstract class UdpSettings extends UdpHandle {
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
   * socket.setMulticastTtl(4); // beyond the local network
   * assertThrows(() => socket.setMulticastTtl(0), RangeError);
   * ```
   */
  setTtl(ttl: number): void {
    checkInteger("ttl", ttl, 1, 255);
    coreOf(this).set("ttl", ttl);
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
    coreOf(this).set("broadcast", on);
  }

  /**
   * IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: through how many routers multicast
   * datagrams may go, 1 to 255; 1, the default, keeps them on the local network.
   * See the example of {@linkcode UdpSettings.prototype.setTtl}.
   *
   * @throws {NotSupportedError} On the `"deno"` backend, and over IPv6 on `"node"`.
   * @throws {RangeError} When it is out of range.
   */
  setMulticastTtl(ttl: number): void {
    checkInteger("multicast TTL", ttl, 1, 255);
    coreOf(this).set("multicastTtl", ttl);
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
   * await socket.sendTo("to all", to);
   * const { data } = await socket.receive({ timeout: 5000 });
   * assertEquals(new TextDecoder().decode(data), "to all");
   * ```
   */
  setMulticastLoopback(on: boolean): void {
    coreOf(this).set("multicastLoopback", on);
  }

  /**
   * IP_MULTICAST_IF, IPV6_MULTICAST_IF: the interface that multicast datagrams
   * leave by: an IPv4 address of it, or for IPv6 its index or name.
   * See the example of {@linkcode UdpSettings.prototype.joinMulticast}.
   *
   * @throws {NotSupportedError} On the `"deno"` backend.
   * @throws {TypeError} When it is no interface of the socket's family.
   */
  setMulticastInterface(via: string | number): void {
    checkInterface(via, coreOf(this).family);
    coreOf(this).set("multicastInterface", via);
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
   *   socket.setSendBufferSize(1 << 20);
   *   assert(await socket.getOption("SO_SNDBUF") > 0);
   * }
   * ```
   */
  setReceiveBufferSize(size: number): void {
    checkInteger("receive buffer size", size, 1, 2 ** 30);
    coreOf(this).set("receiveBufferSize", size);
  }

  /**
   * SO_SNDBUF in bytes. `setOption("SO_SNDBUF", size)` sets it on every backend.
   * See the example of {@linkcode UdpSettings.prototype.setReceiveBufferSize}.
   *
   * @throws {NotSupportedError} On the `"deno"` and `"node"` backends, which have no
   * such call.
   * @throws {RangeError} When it is not a positive integer.
   */
  setSendBufferSize(size: number): void {
    checkInteger("send buffer size", size, 1, 2 ** 30);
    coreOf(this).set("sendBufferSize", size);
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
   * const via = { interface: "127.0.0.1" };
   * using member = await bindUdp({ reuseAddress: true, backend: "node" });
   * await member.joinMulticast(group, via);
   *
   * using sender = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
   * sender.setMulticastInterface("127.0.0.1");
   * const to = { hostname: group, port: member.localAddr.port };
   * await sender.sendTo("to all", to);
   * const { data } = await member.receive({ timeout: 5000 });
   * assertEquals(new TextDecoder().decode(data), "to all");
   * await member.leaveMulticast(group, via);
   * ```
   */
  async joinMulticast(
    address: string,
    options: MulticastOptions = {},
  ): Promise<void> {
    const { family } = coreOf(this);
    const group = multicastGroup("join", family, address, options);
    await coreOf(this).join(group);
  }

  /**
   * Leaves a multicast group, with the options with which it was joined.
   * See the example of {@linkcode UdpSettings.prototype.joinMulticast}.
   *
   * @throws {AddressNotAvailableError} When it is not a member.
   */
  async leaveMulticast(
    address: string,
    options: MulticastOptions = {},
  ): Promise<void> {
    const { family } = coreOf(this);
    const group = multicastGroup("leave", family, address, options);
    await coreOf(this).leave(group);
  }

  /**
   * Sets an option of the socket: C's `setsockopt`, on every backend.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`, or another
   * socket shares the port and the backend is not `"posix"`.
   * @throws {SocketError} `ENOPROTOOPT` when the system has no such option, `EINVAL`
   * when it does not take the value.
   *
   * @example Options, where the program may use libc
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
    await setOptions(this.#options, { [name]: value });
    if (name === "SO_BROADCAST") this.setBroadcast(value === true);
  }

  /**
   * Reads an option of the socket: C's `getsockopt`, on every backend.
   * See the example of {@linkcode UdpSettings.prototype.setOption}.
   *
   * @throws {NotSupportedError} When the program lacks `--allow-ffi`.
   */
  getOption<K extends SocketOptionName>(name: K): Promise<SocketOptions[K]> {
    return readOption(this.#options, name);
  }

  get #options() {
    return {
      type: SOCK_DGRAM,
      socket: coreOf(this).transport,
      requireOpen: (syscall: string) => coreOf(this).requireOpen(syscall),
    };
  }
}
