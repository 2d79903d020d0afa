/**
 * What goes wrong with the bytes of one direction of a connection. All counts are of
 * bytes that the reader has received.
 *
 * @example A peer that sends one byte at a time, and dies
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using pair = connPair({ toClient: { pieceSize: 1, resetAfter: 3 } });
 * await pair.server.send("hello\n");
 * const buffer = new Uint8Array(16);
 * assertEquals(await pair.client.read(buffer), 1);
 * await assertRejects(() => pair.client.readLine(), Error, "ECONNRESET");
 * ```
 */
export interface StreamFaults {
  /**
   * The most bytes that one read of the reader receives. Of a list, each read uses
   * the next size, and starts over at the end. Defaults to no limit.
   */
  readonly pieceSize?: number | readonly number[] | undefined;
  /** After how many bytes nothing arrives until `resume()`. Defaults to never. */
  readonly stallAfter?: number | undefined;
  /**
   * After how many bytes the stream ends as by FIN. What is sent behind them is lost.
   * Defaults to never.
   */
  readonly endAfter?: number | undefined;
  /** After how many bytes RST ends the connection. Defaults to never. */
  readonly resetAfter?: number | undefined;
}
