/**
 * The way to libc, for programs that may already use FFI: loads `posix/` when it
 * is first needed, and sets options of sockets, whoever opened them.
 *
 * Private to the package: the types that users see are re-exported by the
 * folders that use them.
 *
 * - {@linkcode findPosix}, {@linkcode loadedPosix}: libc, where it is permitted.
 * - {@linkcode mayChoosePosix}: whether it carries sockets without a chosen backend.
 * - {@linkcode requirePosix}: libc, or an error that says what is missing.
 * - {@linkcode setOptions}, {@linkcode readOption}: options by name.
 * - {@linkcode readOptions}: what a socket is opened with, each option read once.
 * - {@linkcode readPeerCredentials}: the process at the other end of a unix socket.
 * - {@linkcode ReadyCalls}: calls that wait for a socket, for the transports over
 *   libc.
 *
 * @module
 */
export * from "./load.ts";
export * from "./options.ts";
export * from "./read_options.ts";
export * from "./peer_credentials.ts";
export * from "./ready_calls.ts";
