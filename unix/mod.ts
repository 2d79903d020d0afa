/**
 * Unix sockets: connections, listeners and servers on a path of this host, without
 * FFI. On Linux also on abstract names, which begin with `"\0"` and stand for no file.
 *
 * - {@linkcode connectUnix}, {@linkcode UnixConn}: connect; read, write, shut down.
 * - {@linkcode listenUnix}, {@linkcode UnixListener}: listen and accept.
 * - {@linkcode serveUnix}, {@linkcode UnixServer}: a handler for each connection.
 *
 * A path needs `--allow-read`, `--allow-write` and `--allow-net=unix:…` for it, an
 * abstract name `--allow-net`. Nothing prompts: an error names the missing flags.
 *
 * `"deno"` carries connections unless you choose another backend; `"posix"`, which
 * needs `--allow-ffi`, is libc.
 *
 * @example A server and a client
 * ```ts
 * import { connectUnix, serveUnix } from "@berkeley/sockets/unix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`; // or a path: "/run/app.sock"
 *   await using _server = await serveUnix({ path }, async (conn) => {
 *     for await (const line of conn.lines()) {
 *       await conn.send(`you said: ${line}\n`);
 *     }
 *   });
 *
 *   using conn = await connectUnix({ path, timeout: 5000 });
 *   await conn.send("hello\n");
 *   assertEquals(await conn.readLine(), "you said: hello");
 * }
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "../address/mod.ts";
export type { PeerCredentials } from "../internal/libc/mod.ts";
export * from "../stream/mod.ts";
export type { UnixBackend, UnixCarrier } from "./_transport.ts";
export * from "./conn.ts";
export { connectUnix, type ConnectUnixOptions } from "./connect.ts";
export { listenUnix } from "./listen.ts";
export * from "./listen_options.ts";
export * from "./listener.ts";
export {
  serveUnix,
  type ServeUnixOptions,
  type UnixHandler,
  UnixServer,
} from "./serve.ts";
