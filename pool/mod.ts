/**
 * Connections that last: made again when they end, or used by many.
 *
 * - {@linkcode reconnecting}, {@linkcode Reconnector}: a connection that is made again
 *   when it ends.
 * - {@linkcode pool}, {@linkcode ConnPool}: connections for use by many, one at a time
 *   each.
 *
 * Both take a function that connects, such as one that calls `connectTcp`.
 *
 * @example Two requests over one connection of a pool
 * ```ts
 * import { pool } from "@berkeley/sockets/pool";
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   async (conn) => {
 *     for await (const line of conn.lines()) await conn.send(`${line}!\n`);
 *   },
 * );
 *
 * await using conns = pool((wait) => connectTcp({ ...server.addr, ...wait }));
 * const ask = (line: string) =>
 *   conns.use(async (conn) => {
 *     await conn.send(`${line}\n`);
 *     return await conn.readLine();
 *   });
 * assertEquals([await ask("one"), await ask("two")], ["one!", "two!"]);
 * ```
 *
 * @module
 */
export * from "../stream/mod.ts";
export type { PoolOptions, PoolStats } from "./_pool_options.ts";
export type {
  BackoffOptions,
  ReconnectOptions,
  ReconnectState,
} from "./_reconnect_options.ts";
export * from "./lease.ts";
export * from "./pool.ts";
export * from "./reconnecting.ts";
