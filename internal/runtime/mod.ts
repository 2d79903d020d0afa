/**
 * What the package asks of the runtime besides sockets: Deno, or one with the API of
 * Node, such as Node and Bun. Every other file of the package is free of `Deno`, except
 * those that carry sockets over it.
 *
 * Private to the package. Nothing prompts.
 *
 * - {@linkcode isDeno}: whether the runtime is Deno.
 * - {@linkcode permissionState}, {@linkcode isGranted}: permissions; everything is
 *   granted outside Deno.
 * - {@linkcode requireNet}: refuses a host that lacks `--allow-net`.
 * - {@linkcode requireAllNet}, {@linkcode isAllNet}: access to every host.
 * - {@linkcode requireNotDenied}: refuses a host that has `--deny-net`.
 * - {@linkcode requireUnix}, {@linkcode requireUnixNotDenied},
 *   {@linkcode missingUnixFlags}: the same for local sockets.
 * - {@linkcode isNetByName}: whether `--allow-net` names a host, not its address.
 * - {@linkcode hasUnstableNet}: whether the program has `--unstable-net`.
 * - {@linkcode libcObstacle}, {@linkcode libcPaths}: whether and by which paths the
 *   program may open libc.
 * - {@linkcode errorClass}, {@linkcode isError}, {@linkcode makeError}: the runtime's
 *   classes of errors.
 * - {@linkcode SYSTEM}, {@linkcode MACHINE}, {@linkcode hostName},
 *   {@linkcode hostInterfaces}, {@linkcode envVariable}: the host.
 * - {@linkcode stat}, {@linkcode readTextFile} and the others of `files.ts`: files;
 *   {@linkcode openFolderLock}: locks; {@linkcode setUmask}: umask.
 * - {@linkcode refTimer}, {@linkcode unrefTimer}: which timers keep the program alive.
 * - {@linkcode INSPECT}: how `console.log` prints an object.
 *
 * @module
 */
export * from "./env_variable.ts";
export * from "./error_class.ts";
export * from "./files.ts";
export * from "./folder_lock.ts";
export * from "./has_unstable_net.ts";
export * from "./host_name.ts";
export * from "./inspect_symbol.ts";
export * from "./interfaces.ts";
export * from "./is_deno.ts";
export * from "./is_net_by_name.ts";
export * from "./libc_paths.ts";
export * from "./permission.ts";
export * from "./require_net.ts";
export * from "./require_unix.ts";
export * from "./system_name.ts";
export * from "./timers.ts";
export * from "./umask.ts";
