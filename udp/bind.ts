import { checkPort, formatHostPort, SOCK_DGRAM } from "../address/mod.ts";
import { checkInteger, showValue } from "../internal/check/mod.ts";
import { SocketError, socketError, toSocketError } from "../errors/mod.ts";
import { setOptions, type SocketOptions } from "../internal/libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { checkWait, waitFor, type WaitOptions } from "../internal/wait/mod.ts";
import { type BackendRequest, chooseBackend, noTtl } from "./_backend.ts";
import { newCore, type UdpCore } from "./_core.ts";
import { bindDeno } from "./_deno_transport.ts";
import { readBindOptions } from "./_read_options.ts";
import { checkHostname, findAddress } from "./_resolve.ts";
import type {
  BindTarget,
  DatagramTransport,
  DropPolicy,
  UdpBackend,
} from "./_transport.ts";
import { UdpSocket } from "./socket.ts";

/** What both kinds of sockets may be opened with. */
export interface UdpOptions extends WaitOptions {
  /**
   * SO_REUSEADDR: whether other sockets may bind the same port, as listeners to
   * multicast do.
   *
   * @default {false}
   */
  reuseAddress?: boolean | undefined;
  /**
   * SO_BROADCAST: whether it may send to broadcast addresses. Without it they are
   * refused with EACCES; but on the `"deno"` backend, whose sockets may always,
   * only 255.255.255.255 is known as one.
   *
   * @default {false}
   */
  broadcast?: boolean | undefined;
  /**
   * IP_TTL: through how many routers datagrams may go, 1 to 255; as many as the
   * system has it, if left out. Over IPv6 only `"posix"` can limit them, and
   * `"deno"` cannot at all.
   */
  ttl?: number | undefined;
  /**
   * The largest datagram to receive, in bytes, up to 65535; a longer one loses its
   * end, and is marked as `truncated`. On the `"node"` backend the runtime
   * allocates this much for each datagram, so that less is faster; on Windows 64 KiB.
   *
   * @default {9216}
   */
  maxDatagramSize?: number | undefined;
  /**
   * How many datagrams the library keeps until they are received.
   *
   * @default {4096}
   */
  maxQueuedDatagrams?: number | undefined;
  /**
   * How many bytes the library keeps until they are received.
   *
   * @default {4194304}
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Which datagram is dropped when there is no room: the one that comes, or the
   * one that has waited longest.
   *
   * @default {"newest"}
   */
  dropPolicy?: DropPolicy | undefined;
  /** Who looks up names; the default resolver, if left out. */
  resolver?: AddressFinder | undefined;
  /**
   * The API that carries the socket. Defaults to the fastest one available:
   * `"posix"` if the program was started with `--allow-ffi`, but not in a Worker;
   * `"deno"` if it was started with `--unstable-net` and no option needs another;
   * otherwise `"node"`.
   */
  backend?: UdpBackend | undefined;
  /**
   * Options of the socket by C's names, such as `{ SO_RCVBUF: 1 << 22 }`. On
   * `"posix"` they are set before it is bound, on the others right after. What
   * waits in the kernel may take 1 MiB on `"posix"`, as far as the system's limit
   * allows, and on the others what the system gives every socket.
   *
   * They need a program started with `--allow-ffi`.
   */
  socketOptions?: Partial<SocketOptions> | undefined;
}

/** Where to bind, and how. */
export interface BindUdpOptions extends UdpOptions {
  /**
   * A name or an IP address of this host. `"0.0.0.0"` stands for all IPv4
   * addresses, `"::"` for all of both families (on Windows not over `"deno"`).
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string | undefined;
  /**
   * The port, 0 to 65535; 0 chooses a free one, see `UdpSocket.localAddr`.
   *
   * @default {0}
   */
  port?: number | undefined;
}

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
  const read = readBindOptions(options);
  return new UdpSocket(await bindCore(read), read.resolver);
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
  const context = {
    action,
    syscall: "bind",
    localAddr: address.toNetAddr("udp"),
  };
  let transport: DatagramTransport | undefined;
  let core: UdpCore;
  try {
    transport = await bindOn(backend, target);
    // At once: datagrams may arrive while options are set.
    core = newCore(transport, target, {
      failure: (error) => toSocketError(error, context),
    });
    context.syscall = "setsockopt"; // from here on
    if (broadcast) transport.set("broadcast", true);
    if (ttl !== undefined && !transport.set("ttl", ttl)) {
      throw noTtl(backend, address.family);
    }
    if (backend !== "posix") {
      const { localAddr } = transport;
      const owner = { type: SOCK_DGRAM, localAddr };
      await setOptions(() => owner, options.socketOptions);
    }
  } catch (error) {
    transport?.close();
    const failure = toSocketError(error, context);
    const isOfSocket = failure !== error && failure instanceof SocketError &&
      OF_SOCKET.includes(failure.code);
    throw isOfSocket
      ? toSocketError(error, { ...context, syscall: "socket" })
      : failure;
  }
  core.broadcast = broadcast || options.socketOptions?.SO_BROADCAST === true;
  return core;
}

/** Failures of C's `socket`, which the runtime calls together with `bind`. */
const OF_SOCKET = ["EMFILE", "ENFILE", "EAFNOSUPPORT", "EPROTONOSUPPORT"];

/** Loads what is needed: `node:dgram` takes longer to load than this package. */
async function bindOn(
  backend: UdpBackend,
  target: BindTarget,
): Promise<DatagramTransport> {
  if (backend === "deno") return await bindDeno(target);
  if (backend === "node") {
    return await (await import("./_node_transport.ts")).bindNode(target);
  }
  return await (await import("./_posix_transport.ts")).bindPosix(target);
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
  if (dropPolicy !== "newest" && dropPolicy !== "oldest") {
    throw new TypeError(
      `Cannot use dropPolicy ${
        showValue(dropPolicy)
      }: it must be "newest" or "oldest"`,
    );
  }
  return { maxDatagramSize, maxQueuedDatagrams, maxQueuedBytes, dropPolicy };
}
