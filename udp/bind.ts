import { checkPort, formatHostPort, SOCK_DGRAM } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { openingError } from "../internal/backends/mod.ts";
import { checkChoice, checkInteger, checkType } from "../internal/check/mod.ts";
import { findAddress } from "../internal/hosts/mod.ts";
import { readOptions, setOptions } from "../internal/libc/mod.ts";
import { checkWait } from "../internal/wait/mod.ts";
import { has, unsupported } from "./_abilities.ts";
import type { BackendRequest } from "./_backend.ts";
import { UdpCore } from "./_core.ts";
import { HERE, type UdpNetwork } from "./_network.ts";
import type { BindTarget, DatagramTransport } from "./_transport.ts";
import type { BindUdpOptions, UdpOptions } from "./bind_options.ts";
import { UdpSocket } from "./socket.ts";

/** The options of both kinds of sockets. */
export const UDP_OPTIONS: readonly (keyof UdpOptions)[] = [
  ...["reuseAddress", "broadcast", "ttl", "maxDatagramSize"] as const,
  ...["maxQueuedDatagrams", "maxQueuedBytes", "dropPolicy"] as const,
  ...["resolver", "backend", "signal", "timeout"] as const,
];
const BIND_OPTIONS = [...UDP_OPTIONS, "hostname", "port"] as const;

/**
 * Binds a UDP socket: C's `socket` and `bind` in one.
 *
 * @throws {AddressInUseError} When another socket has the port.
 * @throws {AddressNotAvailableError} When the address is not one of this host's.
 * @throws {PermissionDeniedError} When the system reserves the port.
 * @throws {NotCapableError} When the program lacks `--allow-net`.
 * @throws {NotSupportedError} When an option needs another backend or a flag.
 * @throws {AddrInfoError} When the name cannot be resolved.
 * @throws {RangeError} When a port or a size is out of range.
 *
 * @example A socket on a free port
 * ```ts
 * import { bindUdp } from "@berkeley/sockets/udp";
 * import { assertNotEquals } from "@std/assert";
 *
 * using socket = await bindUdp({ hostname: "127.0.0.1" });
 * assertNotEquals(socket.localAddr.port, 0);
 * ```
 */
export async function bindUdp(
  options: BindUdpOptions = {},
): Promise<UdpSocket> {
  return await bindOver(HERE, options);
}

/** Binds on a host of a network. */
export async function bindOver(
  network: UdpNetwork,
  options: BindUdpOptions = {},
): Promise<UdpSocket> {
  const read = readOptions(options, BIND_OPTIONS);
  return new UdpSocket(await bindCore(network, read));
}

/** Binds, for whichever class. The options are plain. */
export async function bindCore(
  network: UdpNetwork,
  options: BindUdpOptions & BackendRequest,
): Promise<UdpCore> {
  const { hostname = "0.0.0.0", port = 0, broadcast = false, ttl } = options;
  const { resolver = network.resolver, socketOptions } = options;
  const { reuseAddress = false } = options;
  const wait = checkWait(options);
  checkType("hostname", hostname, "string");
  checkPort(port);
  const limits = checkLimits(options);
  if (ttl !== undefined) checkInteger("ttl", ttl, 1, 255);
  const { name: backend, can, bind } = await network.choose(options);
  const action = `bind to ${formatHostPort(hostname, port)}`;
  const address = await findAddress(
    { hostname, port, resolver, socktype: SOCK_DGRAM, isPassive: true },
    wait,
    { action, syscall: "bind" },
  );
  const { family } = address;
  const target: BindTarget = {
    ...{ ...limits, reuseAddress, socketOptions, port },
    hostname: address.hostname,
  };
  if (ttl !== undefined && !has(can, "ttl", family)) {
    const reason = unsupported("ttl", { backend, family, isOpening: true });
    throw socketError("ENOTSUP", { action, syscall: "setsockopt", reason });
  }
  const localAddr = address.toNetAddr("udp");
  let transport: DatagramTransport;
  try {
    transport = await bind(target);
  } catch (error) {
    throw openingError(error, { action, localAddr }, "bind");
  }
  // At once: datagrams may arrive while options are set.
  const core = new UdpCore(transport, resolver);
  try {
    if (broadcast || socketOptions?.SO_BROADCAST) core.set("broadcast", true);
    if (ttl !== undefined) core.set("ttl", ttl);
    if (!transport.can.setsOptionsFirst) {
      await setOptions({ type: SOCK_DGRAM, socket: transport }, socketOptions);
    }
    return core;
  } catch (error) {
    transport.close();
    throw toSocketError(error, { action, syscall: "setsockopt", localAddr });
  }
}

/** Returns the limits of a socket, checked, with the defaults. */
export function checkLimits(
  options: UdpOptions,
): Pick<
  BindTarget,
  "maxDatagramSize" | "maxQueuedDatagrams" | "maxQueuedBytes" | "dropPolicy"
> {
  const {
    maxDatagramSize = 9216,
    maxQueuedDatagrams = 4096,
    maxQueuedBytes = 4 * 1024 * 1024,
    dropPolicy = "newest",
  } = options;
  checkInteger("maxDatagramSize", maxDatagramSize, 1, 65_535);
  checkInteger("maxQueuedDatagrams", maxQueuedDatagrams, 1, 2 ** 31);
  checkInteger("maxQueuedBytes", maxQueuedBytes, 1, 2 ** 40);
  checkChoice("dropPolicy", dropPolicy, ["newest", "oldest"]);
  return { maxDatagramSize, maxQueuedDatagrams, maxQueuedBytes, dropPolicy };
}
