/**
 * Which datagrams of a direction: their numbers in the order in which they are sent,
 * from 0, or a function that says so.
 */
export type DatagramChoice =
  | readonly number[]
  | ((index: number, data: Uint8Array) => boolean);

/**
 * What goes wrong with the datagrams of one direction of a {@linkcode DatagramPair}.
 *
 * @example A request that is lost, and sent again
 * ```ts
 * import { datagramPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * using pair = datagramPair({ toServer: { drop: [0] } });
 * const { client, server } = pair;
 * const serving = server.receive().then(() => server.send("answer"));
 * const { data } = await client.exchange("question", { timeout: 5 });
 * assertEquals(new TextDecoder().decode(data), "answer");
 * assertEquals([pair.toServer.sent, pair.toServer.lost], [2, 1]);
 * await serving;
 * ```
 */
export interface DatagramFaults {
  /** Which datagrams are lost. Defaults to none. */
  readonly drop?: DatagramChoice | undefined;
  /** Which datagrams arrive twice. Defaults to none. */
  readonly duplicate?: DatagramChoice | undefined;
  /**
   * Which datagrams arrive late: after the next one that is not late itself, or when
   * `release()` is called. Defaults to none.
   */
  readonly reorder?: DatagramChoice | undefined;
}
