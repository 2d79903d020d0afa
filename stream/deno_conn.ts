import type { Addr, NetAddr } from "../address/mod.ts";

/**
 * A connection as Deno has it: the shape of a `Deno.Conn`, for programs whose types do
 * not include Deno's. A `Deno.Conn` is one, and the reverse.
 *
 * @example A function that takes connections of either kind
 * ```ts
 * import type { DenoConn } from "@berkeley/sockets/stream";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function readSome(conn: DenoConn): Promise<Uint8Array> {
 *   const buffer = new Uint8Array(16);
 *   return buffer.subarray(0, await conn.read(buffer) ?? 0);
 * }
 *
 * using pair = connPair();
 * await pair.server.send("hello");
 * const bytes = await readSome(pair.client);
 * assertEquals(new TextDecoder().decode(bytes), "hello");
 * ```
 */
export interface DenoConn<A extends Addr = Addr> extends Disposable {
  /** The local address. */
  readonly localAddr: A;
  /** The remote address. */
  readonly remoteAddr: A;
  /** The received bytes as a web stream. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** A web stream of the bytes to send. */
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;
  /** Reads into the buffer; resolves with the number of bytes, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the sending half. */
  closeWrite(): Promise<void>;
  /** Closes the connection. */
  close(): void;
  /** Lets pending calls keep the program alive. */
  ref(): void;
  /** Lets the program end while calls are pending. */
  unref(): void;
}

/**
 * A TCP connection as Deno has it: the shape of a `Deno.TcpConn`.
 *
 * @example A function that takes TCP connections of either kind
 * ```ts
 * import { connectTcp, type DenoTcpConn, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * function setUp(conn: DenoTcpConn): number {
 *   conn.setNoDelay(true);
 *   conn.setKeepAlive(true);
 *   return conn.remoteAddr.port;
 * }
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * using conn = await connectTcp(listener.addr);
 * assertEquals(setUp(conn), listener.addr.port);
 * ```
 */
export interface DenoTcpConn extends DenoConn<NetAddr> {
  /** TCP_NODELAY. Defaults to true. */
  setNoDelay(noDelay?: boolean): void;
  /** SO_KEEPALIVE. Defaults to true. */
  setKeepAlive(keepAlive?: boolean): void;
}
