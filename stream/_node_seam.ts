/**
 * What a kind of stream socket needs of `stream/` over `node:net`:
 * apart from `_seam.ts`, so that it is loaded only where `node:net` is.
 *
 * @module
 */
export { NodeListener } from "./_node_listener.ts";
export { connectSocket, openServer } from "./_node_sockets.ts";
