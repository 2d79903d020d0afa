import { formatHostPort, SOCK_STREAM } from "../address/mod.ts";
import { socketError, toSocketError } from "../errors/mod.ts";
import { mayChoosePosix, setOptions } from "../internal/libc/mod.ts";
import { waitFor } from "../internal/wait/mod.ts";
import {
  checkListenOptions,
  type ListenOptions,
  readListenOptions,
} from "./_listen_options.ts";
import { listenOnBoth } from "./_dual_stack.ts";
import { denoHasReusePort } from "./_deno_transport.ts";
import { loadBackend } from "./_transports.ts";
import { addressToBind, isForRuntime } from "./_resolve.ts";
import type { ListenerTransport, TcpBackend } from "./_transport.ts";
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
  const read = readListenOptions(options);
  const { port, ipv6Only, socketOptions } = read;
  const wait = checkListenOptions(read);
  const hostname = read.hostname ?? "0.0.0.0";
  const backend = read.backend ?? await chooseBackend(read);
  checkBackend(backend, read);
  const subject = formatHostPort(hostname, port);
  const timeout = () =>
    socketError("ETIMEDOUT", {
      action: `listen on ${subject}`,
      syscall: "getaddrinfo",
    });
  const lookup = { ...read, hostname };
  const address = backend === "deno" && isForRuntime(lookup)
    ? { hostname }
    : await waitFor(
      addressToBind(lookup, { signal: wait?.signal }),
      wait,
      timeout,
    );
  const takesBoth = backend !== "posix" && Deno.build.os !== "windows";
  if (ipv6Only && address.hostname === ANY_IPV6 && takesBoth) {
    throw socketError("ENOTSUP", {
      action: `listen on ${subject}`,
      syscall: "setsockopt",
      reason:
        `the "${backend}" backend takes both families on ::; leave out backend, and start the program with --allow-ffi`,
    });
  }
  const transport = await bind(backend, address.hostname, read);
  const listener = new TcpListener(transport, read);
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

/** Errors of C's `socket`. */
const OF_SOCKET = new Set([
  "EAFNOSUPPORT",
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);
/** Errors of C's `bind`. */
const OF_BIND = new Set([
  "EACCES",
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EINVAL",
  "ENOTCAPABLE",
  "EPERM",
]);

/** The runtime's own, unless an option needs another. */
async function chooseBackend(options: ListenOptions): Promise<TcpBackend> {
  const { hostname = "", ipv6Only, reusePort, socketOptions } = options;
  const isForLibc = ipv6Only === true && hostname.includes(":") ||
    // Listeners that share a port cannot be told apart from outside.
    reusePort === true && socketOptions !== undefined;
  if (isForLibc && await mayChoosePosix()) return "posix";
  return reusePort === true && !denoHasReusePort() ? "node" : "deno";
}

function checkBackend(backend: TcpBackend, options: ListenOptions): void {
  const { port, reusePort } = options;
  if (!reusePort || backend !== "deno" || denoHasReusePort()) return;
  throw socketError("ENOTSUP", {
    action: `listen on port ${port}`,
    syscall: "setsockopt",
    reason:
      `the "deno" backend has reusePort only in a program started with --unstable-net; use backend: "node"`,
  });
}

async function bind(
  backend: TcpBackend,
  hostname: string,
  options: ListenOptions,
): Promise<ListenerTransport> {
  const { port, backlog, reusePort, ipv6Only, socketOptions } = options;
  const target = {
    ...{ hostname, port, backlog, reusePort, ipv6Only, socketOptions },
  };
  try {
    const { listen } = await loadBackend(backend);
    return hostname === ANY_IPV6 && !ipv6Only && backend !== "posix"
      ? await listenOnBoth(target, listen)
      : await listen(target);
  } catch (error) {
    const context = {
      action: `listen on ${formatHostPort(hostname, port)}`,
      localAddr: { transport: "tcp", hostname, port } as const,
    };
    const { code = "" } = toSocketError(error, context) as { code?: string };
    const syscall = backend === "posix"
      ? (error as { syscall?: string }).syscall
      : callThatFailsWith(code);
    throw toSocketError(error, { ...context, syscall });
  }
}

/** The runtime does not say which C call failed; its code tells. */
function callThatFailsWith(code: string): string {
  if (OF_SOCKET.has(code)) return "socket";
  return OF_BIND.has(code) ? "bind" : "listen";
}
