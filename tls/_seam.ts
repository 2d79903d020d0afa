/**
 * TLS over another network than this host's, for the simulated network of `testing/`.
 * Nothing else may import it.
 *
 * - {@linkcode TlsNetwork}: the TCP of a host, and what encrypts.
 * - {@linkcode connectOver}, {@linkcode listenOver}, {@linkcode serveOver},
 *   {@linkcode startOver}: the functions of the module, over it.
 * - {@linkcode loadTls}: loads `node:tls`, which takes real time.
 * - {@linkcode watchStreams}: learns of each connection, to free it in the end.
 *
 * @module
 */
import { BACKENDS } from "./_backends.ts";

export type { TlsNetwork } from "./_network.ts";
export { connectOver } from "./connect.ts";
export { listenOver } from "./listen.ts";
export { serveOver } from "./serve.ts";
export { startOver } from "./start.ts";
export { watchStreams } from "./_watch_streams.ts";

/** Loads what encrypts connections of such a network. */
export async function loadTls(): Promise<void> {
  await BACKENDS.node.load();
}
