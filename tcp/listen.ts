import { checkPort, formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import { showValue } from "../check/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { mayChoosePosix, setOptions, type SocketOptions } from "../libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { checkWait, waitFor, type WaitOptions } from "../wait/mod.ts";
import { checkHighWaterMark } from "./_check.ts";
import { denoHasReusePort } from "./_deno_transport.ts";
import { loadBackend } from "./_transports.ts";
import { addressToBind, isForRuntime } from "./_resolve.ts";
import type { ListenerTransport, TcpBackend } from "./_transport.ts";
import { type AcceptedConnOptions, TcpListener } from "./listener.ts";

const ANY_IPV6 = "::";

/** Where to listen, and how. */
export interface ListenTcpOptions extends AcceptedConnOptions, WaitOptions {
  /**
   * A name or an IP address of this host. `"0.0.0.0"` stands for all IPv4
   * addresses, `"::"` for all of both families: a dual-stack listener, which
   * reports IPv4 peers as IPv4.
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string | undefined;
  /** The port, 0 to 65535; 0 chooses a free one, see `TcpListener.addr`. */
  port: number;
  /**
   * For a name that has addresses of both families: which to take; the first that
   * there is, if left out.
   */
  family?: 4 | 6 | undefined;
  /**
   * How many connections the kernel keeps until they are accepted: the second
   * argument of C's `listen`. The kernel caps it (`net.core.somaxconn`).
   *
   * @default {511}
   */
  backlog?: number | undefined;
  /**
   * SO_REUSEPORT: several listeners share the port, and the kernel deals out the
   * connections. Needs a program started with `--unstable-net`, or with
   * `--allow-ffi`.
   *
   * @default {false}
   */
  reusePort?: boolean | undefined;
  /**
   * IPV6_V6ONLY: whether a listener on `"::"` takes IPv6 peers only, which needs a
   * program started with `--allow-ffi`; on any other address it is the case anyway.
   *
   * @default {false}
   */
  ipv6Only?: boolean | undefined;
  /** Who looks up names; the default resolver, if left out. */
  resolver?: AddressFinder | undefined;
  /**
   * Options of the listener by C's names, such as `{ TCP_FASTOPEN: 16 }`. On
   * `"posix"` they are set before it is bound, on the others right after.
   *
   * They need a program started with `--allow-ffi`.
   */
  socketOptions?: Partial<SocketOptions> | undefined;
  /**
   * Which API carries the listener and its connections. `"posix"` is libc, and
   * needs a program started with `--allow-ffi`. If left out, `"deno"`, but on Linux
   * `"posix"` where `ipv6Only` or `reusePort` needs it and the program may use it.
   */
  backend?: TcpBackend | undefined;
}

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
  const { hostname = "0.0.0.0", port } = options;
  const backend = options.backend ?? await chooseBackend(options);
  check({ ...options, backend });
  const timeout = () =>
    socketError("ETIMEDOUT", {
      action: `listen on ${formatHostPort(hostname, port)}`,
      syscall: "listen",
    });
  const { signal, ipv6Only, socketOptions } = options;
  const target = { ...options, hostname };
  const address = backend === "deno" && isForRuntime(target)
    ? { hostname }
    : await waitFor(addressToBind(target, { signal }), options, timeout);
  if (ipv6Only && address.hostname === ANY_IPV6 && backend !== "posix") {
    throw socketError("ENOTSUP", {
      action: `listen on ${formatHostPort(hostname, port)}`,
      syscall: "setsockopt",
      reason:
        `the "${backend}" backend takes both families on ::; leave out backend, and start the program with --allow-ffi`,
    });
  }
  const transport = await bind(address.hostname, { ...options, backend });
  const listener = new TcpListener(transport, options);
  // libc has set them already.
  if (backend === "posix") return listener;
  try {
    const { descriptor, addr: localAddr } = transport;
    const owner = { type: SOCK_STREAM, descriptor, localAddr };
    await setOptions(() => owner, socketOptions);
    return listener;
  } catch (error) {
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** The runtime's own, unless it lacks what libc has, and the program may use that. */
async function chooseBackend(options: ListenTcpOptions): Promise<TcpBackend> {
  const { hostname = "", ipv6Only, reusePort, socketOptions } = options;
  const isLacking = ipv6Only === true && hostname.includes(":") ||
    // Nobody could tell the descriptors of two that share a port from each other.
    reusePort === true && (!denoHasReusePort() || socketOptions !== undefined);
  return isLacking && await mayChoosePosix() ? "posix" : "deno";
}

function check(options: ListenTcpOptions): void {
  const { port, backlog, reusePort, backend } = options;
  checkWait(options);
  checkPort(port);
  checkHighWaterMark(options.highWaterMark);
  if (backlog !== undefined && !(Number.isInteger(backlog) && backlog > 0)) {
    throw new RangeError(
      `Cannot use backlog ${showValue(backlog)}: it must be a positive integer`,
    );
  }
  if (!reusePort || backend === "posix") return;
  const reason = backend === "node"
    ? `the "node" backend has no reusePort; use backend: "deno"`
    : denoHasReusePort()
    ? undefined
    : "reusePort needs a program started with --unstable-net or --allow-ffi";
  if (reason !== undefined) {
    throw socketError("ENOTSUP", {
      action: `listen on port ${port}`,
      syscall: "setsockopt",
      reason,
    });
  }
}

async function bind(
  hostname: string,
  options: ListenTcpOptions & { backend: TcpBackend },
): Promise<ListenerTransport> {
  const { port, backlog, reusePort, ipv6Only, socketOptions } = options;
  const target = {
    ...{ hostname, port, backlog, reusePort, ipv6Only, socketOptions },
  };
  try {
    const { listen } = await loadBackend(options.backend);
    return await listen(target);
  } catch (error) {
    throw toSocketError(error, {
      action: `listen on ${formatHostPort(hostname, port)}`,
      syscall: "listen",
      localAddr: { transport: "tcp", hostname, port },
    });
  }
}
