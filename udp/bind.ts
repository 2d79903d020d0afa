import { checkPort, formatHostPort, SOCK_DGRAM } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { openingError } from "../internal/backends/mod.ts";
import { checkChoice, checkInteger } from "../internal/check/mod.ts";
import { setOptions } from "../internal/libc/mod.ts";
import { checkWait, waitFor } from "../internal/wait/mod.ts";
import { ABILITIES, has, unsupported } from "./_abilities.ts";
import { type BackendRequest, bindOn, chooseBackend } from "./_backend.ts";
import { newCore, type UdpCore } from "./_core.ts";
import { readBindOptions } from "./_read_options.ts";
import { checkHostname, findAddress } from "./_resolve.ts";
import type {
  BindTarget,
  DatagramTransport,
  UdpBackend,
} from "./_transport.ts";
import type { BindUdpOptions, UdpOptions } from "./bind_options.ts";
import { UdpSocket } from "./socket.ts";

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
  return new UdpSocket(await bindCore(readBindOptions(options)));
}

/** Binds, for whichever class. The options are plain. */
export async function bindCore(
  options: BindUdpOptions & BackendRequest,
): Promise<UdpCore> {
  const { hostname = "0.0.0.0", port = 0, broadcast = false, ttl } = options;
  checkWait(options);
  checkHostname(hostname, "bind to");
  checkPort(port);
  const limits = checkLimits(options);
  if (ttl !== undefined) checkInteger("ttl", ttl, 1, 255);
  const backend = await chooseBackend(options);
  const action = `bind to ${formatHostPort(hostname, port)}`;
  const { signal, resolver } = options;
  const address = await waitFor(
    findAddress({ hostname, port, resolver, isPassive: true }, { signal }),
    options,
    () => socketError("ETIMEDOUT", { action, syscall: "bind" }),
  );
  const target: BindTarget = {
    hostname: address.hostname,
    port,
    reuseAddress: options.reuseAddress ?? false,
    socketOptions: options.socketOptions,
    ...limits,
  };
  if (ttl !== undefined) requireTtl(backend, address.family);
  const localAddr = address.toNetAddr("udp");
  let transport: DatagramTransport;
  try {
    transport = await bindOn(backend, target);
  } catch (error) {
    throw openingError(error, { action, localAddr }, "bind");
  }
  // At once: datagrams may arrive while options are set.
  const core = newCore(transport, target, resolver);
  const { socketOptions } = options;
  try {
    if (broadcast) transport.set("broadcast", true);
    if (ttl !== undefined) transport.set("ttl", ttl);
    if (!transport.can.setsOptionsFirst) {
      const owner = { type: SOCK_DGRAM, socket: transport };
      await setOptions(owner, socketOptions);
    }
  } catch (error) {
    transport.close();
    throw toSocketError(error, { action, syscall: "setsockopt", localAddr });
  }
  core.broadcast = broadcast || socketOptions?.SO_BROADCAST === true;
  return core;
}

/** Refuses a TTL that a backend cannot set. */
function requireTtl(backend: UdpBackend, family: 4 | 6): void {
  if (has(ABILITIES[backend], "ttl", family)) return;
  throw socketError("ENOTSUP", {
    action: "bind",
    syscall: "setsockopt",
    reason: unsupported("ttl", { backend, family, isOpening: true }),
  });
}

function checkLimits(options: UdpOptions) {
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
