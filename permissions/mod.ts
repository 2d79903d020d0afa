/**
 * Asks whether something is permitted. Never prompts.
 *
 * Private to the package.
 *
 * - {@linkcode requireNet}: refuses what lacks `--allow-net`.
 * - {@linkcode isNetByName}: whether `--allow-net` has a host's name alone.
 * - {@linkcode libcPaths}: the paths by which the program may open libc.
 *
 * @module
 */
export * from "./is_net_by_name.ts";
export * from "./libc_paths.ts";
export * from "./require_net.ts";
