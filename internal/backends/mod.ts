/**
 * What the backends of all kinds of sockets have in common.
 *
 * Private to the package.
 *
 * - {@linkcode lackReason}: what a backend lacks, and what to do instead: one table
 *   for all kinds of sockets. A new feature is a new row.
 * - {@linkcode optionOf}: C's option for a feature, from the same table.
 * - {@linkcode openingError}: the error of a socket that could not be opened.
 * - {@linkcode EndingSockets}: closed sockets whose address the runtime still holds.
 * - {@linkcode isShortage}: whether an error says that no descriptor is left.
 *
 * @module
 */
export * from "./ending_sockets.ts";
export * from "./hints.ts";
export * from "./opening_error.ts";
