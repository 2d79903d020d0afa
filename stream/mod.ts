/**
 * The endpoint over any stream of bytes: what connections, listeners and servers of
 * every kind have in common. `TcpConn` is a `StreamConn`.
 *
 * - {@linkcode StreamConn}: reads ({@linkcode ReadingConn}), sends
 *   ({@linkcode SendingConn}), and ends ({@linkcode EndingConn}).
 *   {@linkcode StreamConn.from} makes one of any connection that is there already.
 * - {@linkcode StreamListener}: accepts connections.
 * - {@linkcode serve}, {@linkcode StreamServer}: a handler for each connection.
 * - {@linkcode relay}: passes the bytes of two connections on to each other.
 * - {@linkcode lengthPrefixFraming} and its kin,
 *   {@linkcode ReadingConn.prototype.frames | frames}: whole messages instead of
 *   bytes.
 *
 * @example A server over a listener of any kind
 * ```ts
 * import { serve } from "@berkeley/sockets/stream";
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * await using server = serve(listener, async (conn) => {
 *   for await (const line of conn.lines()) {
 *     await conn.send(`you said: ${line}\n`);
 *   }
 * });
 *
 * using conn = await connectTcp(server.addr);
 * await conn.send("hello\n");
 * assertEquals(await conn.readLine({ timeout: 5000 }), "you said: hello");
 * ```
 *
 * @module
 */
export type { Addr, NetAddr, UnixAddr, VsockAddr } from "../address/mod.ts";
export type {
  ErrorAddr,
  SocketError,
  SocketErrorContext,
  SocketErrorInit,
} from "../errors/mod.ts";
export type { WaitOptions } from "../internal/wait/mod.ts";
export type { NodeDuplex } from "./_duplex_transport.ts";
export type { ReadUntilOptions } from "./_delimited.ts";
export type { FrameReadOptions } from "./_frame_reader.ts";
export type { BytePair } from "./_pair_transport.ts";
export type { ServeOptions } from "./_serve_options.ts";
export type { SourceOptions } from "./_source.ts";
export * from "./conn.ts";
export type { DenoConn, DenoTcpConn } from "./deno_conn.ts";
export type { DetachedConn, EndingConn } from "./ending_conn.ts";
export * from "./framing/mod.ts";
export * from "./listener.ts";
export type { ReadingConn } from "./reading_conn.ts";
export type { SendingConn } from "./sending_conn.ts";
export * from "./relay.ts";
export * from "./serve.ts";
