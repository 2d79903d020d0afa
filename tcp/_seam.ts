/**
 * TCP over another network than this host's, for the simulated network of `testing/`.
 * Nothing else may import it.
 *
 * - {@linkcode TcpCalls}: what such a network implements.
 * - {@linkcode simulatedTcp}: the TCP of a host that has these calls.
 * - {@linkcode connectOver}, {@linkcode listenOver}, {@linkcode serveOver}: the
 *   functions of the module, over it.
 *
 * @module
 */
export type { TcpNetwork } from "./_network.ts";
export { simulatedTcp } from "./_simulated_network.ts";
export {
  type ConnectTarget,
  DEFAULT_BACKLOG,
  type ListenTarget,
  type TcpCalls,
  type TcpListenerTransport,
  type TcpTransport,
} from "./_transport.ts";
export { connectOver } from "./connect.ts";
export { listenOver } from "./listen.ts";
export { serveOver } from "./serve.ts";
