import { hasUnstableNet, isDeno, loadOnce } from "../internal/runtime/mod.ts";
import * as deno from "./_deno_transport.ts";
import type { TcpBackend, TcpCalls, TcpCarrier } from "./_transport.ts";

/** What a backend can do. */
export interface Backend {
  /** How connections and errors name it. */
  readonly name: TcpCarrier;
  /** Whether this runtime has it. Defaults to true. */
  readonly isHere?: boolean;
  /** Whether it takes `localAddress` and `localPort`. */
  readonly localAddress?: boolean;
  /** Whether it takes an idle time of keep-alive. */
  readonly idleTime?: boolean;
  /** Whether several listeners can share a port. */
  readonly reusePort?: boolean;
  /** Whether it sets IPV6_V6ONLY, so that one socket takes one family or both. */
  readonly ipv6Only?: boolean;
  /** Whether it sets `socketOptions` itself, before it connects or is bound. */
  readonly socketOptions?: boolean;
  /** Whether it looks up names itself, for programs whose net access is by name. */
  readonly names?: boolean;
  /** Loads it. `node:net` takes longer to load than all of this package. */
  load(): Promise<TcpCalls>;
}

/** What each backend can do. */
export const BACKENDS: Readonly<Record<TcpBackend, Backend>> = {
  deno: {
    name: "deno",
    isHere: isDeno,
    get reusePort() {
      // Without --unstable-net the runtime ends the process over it.
      return hasUnstableNet();
    },
    names: true,
    load: () => Promise.resolve(deno),
  },
  node: {
    name: "node",
    localAddress: true,
    idleTime: true,
    reusePort: true,
    ipv6Only: !isDeno, // whose `node:net` passes over the option
    load: loadOnce(() => import("./_node_listener.ts")),
  },
  posix: {
    name: "posix",
    localAddress: true,
    idleTime: true,
    reusePort: true,
    ipv6Only: true,
    socketOptions: true,
    load: () => import("./_posix_transport.ts"),
  },
};

/** The names of all backends. */
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly TcpBackend[];
