import { socketError } from "../errors/mod.ts";
import { type Feature, lackReason } from "../internal/backends/mod.ts";
import { mayChoosePosix } from "../internal/libc/mod.ts";
import type { AddressFinder } from "../resolve/mod.ts";
import { type Backend, BACKENDS } from "./_backends.ts";
import type { TcpBackend } from "./_transport.ts";
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
    if (needed === undefined) return BACKENDS[backend ?? "deno"];
    const chosen = BACKENDS[backend ?? "node"];
    if (chosen[needed]) return chosen;
    throw socketError("ENOTSUP", {
      action: "connect",
      syscall: "bind",
      reason: lackReason(needed, { backend: chosen.name }),
    });
  },
  /** The runtime's own, unless an option needs another. */
  async toListen({ backend, hostname = "", ipv6Only, reusePort, ...rest }) {
    if (backend !== undefined) return BACKENDS[backend];
    const isForLibc = ipv6Only === true && hostname.includes(":") ||
      // Listeners that share a port cannot be told apart from outside.
      reusePort === true && rest.socketOptions !== undefined;
    if (isForLibc && await mayChoosePosix()) return BACKENDS.posix;
    return reusePort === true && !BACKENDS.deno.reusePort
      ? BACKENDS.node
      : BACKENDS.deno;
  },
};
