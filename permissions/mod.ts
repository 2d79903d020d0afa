/**
 * Asking whether something is permitted, without ever prompting for it.
 *
 * Private to the package.
 *
 * - {@linkcode requireNet}: refuses what lacks `--allow-net`.
 * - {@linkcode isNetByName}: whether `--allow-net` has a host's name alone.
 *
 * @module
 */
export * from "./is_net_by_name.ts";
export * from "./require_net.ts";
