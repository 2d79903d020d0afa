/**
 * Asks whether something is permitted. Never prompts.
 *
 * Private to the package.
 *
 * - {@linkcode requireNet}: refuses a host that lacks `--allow-net`.
 * - {@linkcode requireAllNet}, {@linkcode isAllNet}: access to every host.
 * - {@linkcode requireNotDenied}: refuses a host that has `--deny-net`.
 * - {@linkcode requireUnix}, {@linkcode requireUnixNotDenied},
 *   {@linkcode missingUnixFlags}: the same for local sockets.
 * - {@linkcode isNetByName}: whether `--allow-net` names a host, not its address.
 * - {@linkcode libcObstacle}, {@linkcode libcPaths}: whether and by which paths the
 *   program may open libc.
 *
 * @module
 */
export * from "./has_unstable_net.ts";
export * from "./is_net_by_name.ts";
export * from "./libc_paths.ts";
export * from "./require_net.ts";
export * from "./require_unix.ts";
