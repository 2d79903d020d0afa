/**
 * What a kind of stream socket needs of `stream/` over libc: apart
 * from `_seam.ts`, so that it is loaded only where libc is.
 *
 * @module
 */
export { PosixListener, PosixStream } from "./_posix_transport.ts";
