import { checkInteger, refusedBytes } from "../internal/check/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import type { UdpCore } from "./_core.ts";
import { IntoCall, WholeCall } from "./_receive_calls.ts";
import type { ReceiveCall } from "./_receiver.ts";
import type { Datagram, ReceivedInto } from "./datagram.ts";
import { coreOf } from "./handle.ts";
import { UdpSettings } from "./settings.ts";

/**
 * What {@linkcode UdpSocket} and {@linkcode ConnectedUdpSocket} share: receiving,
 * options, multicast, closing.
 *
 * Receives are served in the order of their calls. One that times out or is
 * aborted loses no datagram: the next receive gets it.
 *
 * @example A function for sockets of either kind
 * ```ts
 * import { bindUdp, connectUdp, type UdpEndpoint } from "@berkeley/sockets/udp";
 * import { assertEquals } from "@std/assert";
 *
 * async function firstOf(socket: UdpEndpoint): Promise<number> {
 *   const { data } = await socket.receive({ timeout: 5000 });
 *   return data[0]!;
 * }
 *
 * using server = await bindUdp({ hostname: "127.0.0.1" });
 * using client = await connectUdp(server.localAddr);
 * await client.send(new Uint8Array([7]));
 * assertEquals(await firstOf(server), 7);
 * await server.sendTo(new Uint8Array([8]), client.localAddr);
 * assertEquals(await firstOf(client), 8);
 * ```
 */
export abstract class UdpEndpoint extends UdpSettings
  implements AsyncIterable<Datagram> {
  // Made again and again: a call that waits costs enough already.
  readonly #whole: WholeCall;
  readonly #into: IntoCall;

  /**
   * Not for users: `bindUdp` and `connectUdp` make sockets.
   *
   * @ignore
   */
  constructor(core: UdpCore) {
    super(core);
    this.#whole = new WholeCall(core.receiver);
    this.#into = new IntoCall(core.receiver);
  }

  /**
   * Receives a datagram: C's `recvfrom`. An empty datagram is one, too.
   *
   * @throws {ClosedError} When the socket is closed, before or meanwhile.
   *
   * @example A wait that is given up loses no datagram
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { TimedOutError } from "@berkeley/sockets/errors";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * await assertRejects(() => server.receive({ timeout: 10 }), TimedOutError);
   * await client.send("hello");
   * const { data, address, truncated } = await server.receive();
   * assertEquals(new TextDecoder().decode(data), "hello");
   * assertEquals([address, truncated], [client.localAddr, false]);
   * ```
   */
  receive(options?: WaitOptions): Promise<Datagram> {
    return this.#receive(options, this.#whole);
  }

  #receive<T>(
    options: WaitOptions | undefined,
    call: ReceiveCall<T>,
  ): Promise<Awaited<T>> {
    return coreOf(this).isClosed
      ? Promise.reject(coreOf(this).error("EBADF", "recvfrom"))
      : coreOf(this).receiver.receive(options, call);
  }

  /**
   * Receives a datagram into `buffer`, without memory of its own: the fastest way.
   *
   * @throws {ClosedError} When the socket is closed, before or meanwhile.
   * @throws {TypeError} When the memory of the buffer was transferred away, before
   * or meanwhile; the next receive gets the datagram.
   *
   * @example One buffer for all datagrams
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * const buffer = new Uint8Array(4);
   * await client.send(new Uint8Array([1, 2]));
   * const first = await server.receiveInto(buffer, { timeout: 5000 });
   * assertEquals(buffer.subarray(0, first.length), new Uint8Array([1, 2]));
   *
   * await client.send(new Uint8Array(100)); // loses what the buffer has no room for
   * const second = await server.receiveInto(buffer, { timeout: 5000 });
   * assertEquals([second.length, second.truncated], [4, true]);
   * ```
   */
  receiveInto(
    buffer: Uint8Array,
    options?: WaitOptions,
  ): Promise<ReceivedInto> {
    const refused = refusedBytes(buffer, "receive");
    if (refused !== undefined) return Promise.reject(refused);
    const { receiver } = coreOf(this);
    const call = receiver.isIdle ? this.#into : new IntoCall(receiver);
    call.buffer = buffer;
    return this.#receive(options, call);
  }

  /**
   * Receives as many datagrams as are there, at least one and at most `most`.
   *
   * @throws {RangeError} When `most` is not a positive integer.
   *
   * @example What has come meanwhile
   * ```ts
   * import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
   * import { assertEquals } from "@std/assert";
   *
   * using server = await bindUdp({ hostname: "127.0.0.1" });
   * using client = await connectUdp(server.localAddr);
   *
   * await client.sendMany([1, 2, 3].map((n) => new Uint8Array([n])));
   * const got: number[] = [];
   * while (got.length < 3) {
   *   const batch = await server.receiveBatch(64, { timeout: 5000 });
   *   got.push(...batch.map(({ data }) => data[0]!));
   * }
   * assertEquals(got, [1, 2, 3]);
   * ```
   */
  async receiveBatch(
    most: number,
    options?: WaitOptions,
  ): Promise<Datagram[]> {
    checkInteger("most", most, 1);
    const batch = [await this.receive(options)];
    await coreOf(this).receiver.drain(most, this.#whole, batch);
    return batch;
  }

  /** The datagrams, as they come, until the socket is closed. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Datagram> {
    while (!this.isClosed) {
      let datagram: Datagram;
      try {
        datagram = await this.receive();
      } catch (error) {
        if (this.isClosed) return;
        throw error;
      }
      yield datagram;
    }
  }
}
