import {
  checkPort,
  formatHostPort,
  isIpAddress,
  type SocketAddress,
} from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkWait, waitFor } from "../wait/mod.ts";
import { checkPeerPort, findPeer } from "./_resolve.ts";
import { setPeer } from "./_peer.ts";
import { bindCore, type UdpOptions } from "./bind.ts";
import { ConnectedUdpSocket } from "./connected_socket.ts";

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
  const { hostname = "127.0.0.1", port, localAddress, localPort = 0 } = options;
  checkWait(options);
  checkPeerPort(port, "connect");
  checkPort(localPort, "localPort");
  if (localAddress !== undefined && !isIpAddress(localAddress)) {
    throw new TypeError(
      `Cannot connect from ${JSON.stringify(localAddress)}: not an IP address`,
    );
  }
  const { signal, resolver, family } = options;
  const peer = await waitFor(
    findPeer({ hostname, port, family, resolver }, { signal }),
    options,
    () =>
      socketError("ETIMEDOUT", {
        action: `connect to ${formatHostPort(hostname, port)}`,
        syscall: "connect",
      }),
  );
  const core = await bindCore({
    ...options,
    hostname: localAddress ?? localFor(peer),
    port: localPort,
  });
  const isMapped = core.transport.localAddr.hostname.includes(":") &&
    peer.family === 4;
  const text = isMapped ? peer.ip.toV4Mapped().toString() : peer.hostname;
  try {
    setPeer(core, { hostname: text, port });
  } catch (error) {
    await core.transport.close();
    throw error;
  }
  return new ConnectedUdpSocket(core, { hostname: text, port }, resolver);
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
