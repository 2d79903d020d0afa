/**
 * The way to libc, for programs that may already use FFI: loads `posix/` when it
 * is first needed, and sets options of sockets, whoever opened them.
 *
 * Private to the package: the types that users see are re-exported by the
 * folders that use them.
 *
 * - {@linkcode preloadPosix}, {@linkcode loadedPosix}: libc, where it is permitted.
 * - {@linkcode mayChoosePosix}: whether it is for those who have not asked for it.
 * - {@linkcode requirePosix}: libc, or an error that says what is missing.
 * - {@linkcode setOptions}, {@linkcode readOption}: options by name.
 *
 * @module
 */
export * from "./load.ts";
export * from "./options.ts";
