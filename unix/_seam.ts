/**
 * Unix sockets of another host than this one, for the simulated network of `testing/`.
 * Nothing else may import it.
 *
 * - {@linkcode UnixCalls}: what such a host implements.
 * - {@linkcode simulatedUnix}: the unix sockets of a host that has these calls.
 * - {@linkcode connectOver}, {@linkcode listenOver}, {@linkcode serveOver}: the
 *   functions of the module, over it.
 *
 * @module
 */
export type { UnixNetwork } from "./_network.ts";
export { isAbstract } from "./_path.ts";
export { simulatedUnix, type UnixCalls } from "./_simulated_network.ts";
export {
  DEFAULT_BACKLOG,
  type ListenTarget,
  unixAddr,
  type UnixListenerTransport,
  type UnixTransport,
} from "./_transport.ts";
export { connectOver } from "./connect.ts";
export { listenOver } from "./listen.ts";
export { serveOver } from "./serve.ts";
