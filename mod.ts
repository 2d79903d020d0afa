/**
 * Berkeley sockets for Deno.
 *
 * @module
 */
export * from "./errors/mod.ts";
export * from "./address/mod.ts";
export * from "./resolve/mod.ts";
export * from "./tcp/mod.ts";
export * from "./udp/mod.ts";
