import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { SYSTEM } from "../internal/runtime/mod.ts";
import { lackReason, openingError } from "../internal/backends/mod.ts";
import { findAddress } from "../internal/hosts/mod.ts";
import { setOptions } from "../internal/libc/mod.ts";
import type { Backend } from "./_backends.ts";
import { checkListenOptions, readListenOptions } from "./_listen_options.ts";
import { listenOnBoth } from "./_dual_stack.ts";
import { HERE, type TcpNetwork } from "./_network.ts";
import { isForRuntime } from "./_resolve.ts";
import type { TcpListenerTransport } from "./_transport.ts";
import type { ListenTcpOptions } from "./listen_options.ts";
import { TcpListener } from "./listener.ts";

const ANY_IPV6 = "::";

/**
 * Listens for connections: C's `socket`, `bind` and `listen` in one, with
 * SO_REUSEADDR, so that a port can be bound again right after it was closed.
 *
 * @throws {AddressInUseError} When another socket listens on the port.
 * @throws {AddressNotAvailableError} When the address is not one of this host's.
 * @throws {PermissionDeniedError} When the system reserves the port.
 * @throws {NotCapableError} When the program lacks `--allow-net`.
 * @throws {NotSupportedError} When an option needs another backend or a flag.
 * @throws {AddrInfoError} When the name cannot be resolved.
 * @throws {RangeError} When the port or a size is out of range.
 * @throws {TypeError} When an option is not of its type.
 *
 * @example A listener on a free port
 * ```ts
 * import { listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * assertEquals(listener.addr.hostname, "127.0.0.1");
 * assertNotEquals(listener.addr.port, 0);
 * ```
 */
export async function listenTcp(
  options: ListenTcpOptions,
): Promise<TcpListener> {
  return await listenOver(HERE, options);
}

/** Listens on a host of a network. */
export async function listenOver(
  network: TcpNetwork,
  options: ListenTcpOptions,
): Promise<TcpListener> {
  const read = readListenOptions(options);
  const { port, ipv6Only, socketOptions } = read;
  const { resolver = network.resolver } = read;
  const wait = checkListenOptions(read);
  const hostname = read.hostname ?? "0.0.0.0";
  const can = await network.toListen(read);
  const action = `listen on ${formatHostPort(hostname, port)}`;
  const refusal = (feature: "ipv6Only" | "reusePort") => {
    const reason = lackReason(feature, { backend: can.name });
    return socketError("ENOTSUP", { action, syscall: "setsockopt", reason });
  };
  if (read.reusePort && !can.reusePort) throw refusal("reusePort");
  const lookup = { ...read, hostname, resolver };
  const request = { ...lookup, socktype: SOCK_STREAM, isPassive: true };
  const address = can.names && isForRuntime(lookup)
    ? { hostname }
    : await findAddress(request, wait, { action, syscall: "getaddrinfo" });
  const takesBoth = !can.ipv6Only && SYSTEM !== "windows";
  if (ipv6Only && address.hostname === ANY_IPV6 && takesBoth) {
    throw refusal("ipv6Only");
  }
  const transport = await bind(can, address.hostname, read);
  const listener = new TcpListener(transport, read);
  if (can.socketOptions) return listener; // it has set them already
  try {
    await setOptions({ type: SOCK_STREAM, socket: transport }, socketOptions);
    return listener;
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

async function bind(
  can: Backend,
  hostname: string,
  options: ListenTcpOptions,
): Promise<TcpListenerTransport> {
  const { port, ipv6Only } = options;
  const target = { ...options, hostname };
  try {
    const { listen } = await can.load();
    return hostname === ANY_IPV6 && !ipv6Only && !can.ipv6Only
      ? await listenOnBoth(target, listen)
      : await listen(target);
  } catch (error) {
    const localAddr = { transport: "tcp", hostname, port } as const;
    const action = `listen on ${formatHostPort(hostname, port)}`;
    throw openingError(error, { action, localAddr }, "listen");
  }
}
