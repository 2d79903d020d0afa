import { checkPort, SOCK_DGRAM, type SocketAddress } from "../address/mod.ts";
import { checkChoice } from "../internal/check/mod.ts";
import { checkLocalAddress } from "../internal/hosts/mod.ts";
import { readOptions } from "../internal/libc/mod.ts";
import { checkWait } from "../internal/wait/mod.ts";
import { findPeer } from "./_find_peer.ts";
import { HERE, type UdpNetwork } from "./_network.ts";
import { bindCore, UDP_OPTIONS } from "./bind.ts";
import type { UdpOptions } from "./bind_options.ts";
import { ConnectedUdpSocket } from "./socket.ts";

/** Whom to talk to, and how. */
export interface ConnectUdpOptions extends UdpOptions {
  /**
   * The peer: a name or an IP address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /** The peer's port, 1 to 65535. */
  port: number;
  /** Only IPv4, or only IPv6, of a name that has both; either, if left out. */
  family?: 4 | 6 | undefined;
  /**
   * The IP address to send from. If left out, the loopback address for a peer on
   * loopback, else all addresses, of which the kernel takes the one that the
   * route to the peer uses.
   */
  localAddress?: string | undefined;
  /**
   * The port to send from; 0 for a free one.
   *
   * @default {0}
   */
  localPort?: number | undefined;
}

/**
 * Opens a UDP socket with a peer: C's `getaddrinfo`, `socket` and `connect` in
 * one. Nothing is sent.
 *
 * @throws {AddrInfoError} When the name cannot be resolved.
 * @throws {NotCapableError} When the program lacks `--allow-net`.
 * @throws {NotSupportedError} When an option needs another backend or a flag.
 * @throws {SocketError} When the system has no way to the peer (`ENETUNREACH`), or
 * refuses it (`EACCES`), where it is the kernel that connects.
 * @throws {RangeError} When a port or a size is out of range.
 *
 * @example A socket that hears its peer alone
 * ```ts
 * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * using peer = await bindUdp({ hostname: "127.0.0.1" });
 * using stranger = await bindUdp({ hostname: "127.0.0.1" });
 * using socket = await connectUdp(peer.localAddr);
 *
 * await stranger.sendTo(new Uint8Array([1]), socket.localAddr);
 * await peer.sendTo(new Uint8Array([2]), socket.localAddr);
 * const { data } = await socket.receive({ timeout: 5000 });
 * assertEquals(data[0], 2);
 * ```
 */
export async function connectUdp(
  options: ConnectUdpOptions,
): Promise<ConnectedUdpSocket> {
  return await connectOver(HERE, options);
}

/** Opens a socket with a peer, on a host of a network. */
export async function connectOver(
  network: UdpNetwork,
  options: ConnectUdpOptions,
): Promise<ConnectedUdpSocket> {
  const { hostname = "127.0.0.1", port, family } = options;
  const { localAddress, localPort = 0 } = options;
  const common = readOptions(options, UDP_OPTIONS);
  const wait = checkWait(common);
  checkPort(localPort, "localPort");
  checkChoice("family", family, [4, 6]);
  checkLocalAddress(localAddress);
  const { resolver = network.resolver } = common;
  const lookup = { hostname, port, family, resolver, socktype: SOCK_DGRAM };
  const peer = await findPeer(lookup, wait);
  const core = await bindCore(network, {
    ...common,
    hostname: localAddress ?? localFor(peer),
    isOneFamily: peer.family === 6,
    port: localPort,
  });
  try {
    core.peer = core.connect(peer);
  } catch (error) {
    await core.transport.close();
    throw error;
  }
  return new ConnectedUdpSocket(core);
}

/** The address that the route to a peer uses, as far as it can be known. */
function localFor({ ip }: SocketAddress): string {
  const isLoopback = ip.isLoopback();
  return ip.family === 4
    ? isLoopback ? "127.0.0.1" : "0.0.0.0"
    : isLoopback
    ? "::1"
    : "::";
}
