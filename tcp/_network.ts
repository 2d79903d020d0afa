import { socketError } from "../errors/mod.ts";
import { type Feature, lackReason } from "../internal/backends/mod.ts";
import { mayChoosePosix } from "../internal/libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { type Backend, BACKENDS } from "./_backends.ts";
import type { TcpBackend } from "./_transport.ts";
import type { OtherWays } from "./_proxied.ts";
import type { ListenTcpOptions } from "./listen_options.ts";

/** The options of a connection that decide what carries it. */
interface ConnectRequest {
  readonly backend?: TcpBackend | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly keepAlive?: boolean | number | undefined;
}

/** The TCP of one host: of this one, or of one in a simulated network. */
export interface TcpNetwork {
  /** Looks up names for callers without a resolver; undefined for the shared one. */
  readonly resolver?: AddressFinder;
  /**
   * Chooses what carries a connection.
   *
   * @throws {NotSupportedError} If the one that the caller chose lacks something.
   */
  toConnect(request: ConnectRequest): Backend;
  /** Chooses what carries a listener. */
  toListen(options: ListenTcpOptions): Backend | Promise<Backend>;
  /** Loads what connects through proxies. */
  loadProxied(): Promise<typeof import("./_proxied.ts")>;
  /** How to reach proxies otherwise than over TCP; undefined for the ways of this host. */
  readonly ways?: OtherWays;
}

/** The runtime's own API. */
const RUNTIME = BACKENDS.deno.isHere ? BACKENDS.deno : BACKENDS.node;

/** Returns the backend that the caller chose. */
function chosen(name: TcpBackend, action: string): Backend {
  const backend = BACKENDS[name];
  if (backend.isHere ?? true) return backend;
  const reason = lackReason("deno", { backend: name });
  throw socketError("ENOTSUP", { action, syscall: "socket", reason });
}

/** The TCP of this host. */
export const HERE: TcpNetwork = {
  toConnect({ backend, localAddress, localPort, keepAlive }) {
    const needed: Feature & keyof Backend | undefined =
      localAddress !== undefined || localPort !== undefined
        ? "localAddress"
        : typeof keepAlive === "number"
        ? "idleTime"
        : undefined;
    const can = backend !== undefined
      ? chosen(backend, "connect")
      : needed === undefined
      ? RUNTIME
      : BACKENDS.node;
    if (needed === undefined || can[needed]) return can;
    throw socketError("ENOTSUP", {
      action: "connect",
      syscall: "bind",
      reason: lackReason(needed, { backend: can.name }),
    });
  },
  /** The runtime's own, unless an option needs another. */
  async toListen({ backend, hostname = "", ipv6Only, reusePort, ...rest }) {
    if (backend !== undefined) return chosen(backend, "listen");
    const isForLibc =
      ipv6Only === true && !RUNTIME.ipv6Only && hostname.includes(":") ||
      // Listeners that share a port cannot be told apart from outside.
      reusePort === true && rest.socketOptions !== undefined;
    if (isForLibc && await mayChoosePosix()) return BACKENDS.posix;
    return reusePort === true && !RUNTIME.reusePort ? BACKENDS.node : RUNTIME;
  },
  loadProxied: () => import("./_proxied.ts"),
};
