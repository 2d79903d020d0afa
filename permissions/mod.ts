/**
 * Asking whether something is permitted, without ever prompting for it.
 *
 * Private to the package.
 *
 * - {@linkcode requireNet}: refuses what lacks `--allow-net`.
 *
 * @module
 */
export * from "./require_net.ts";
