import type { Addr, UnixAddr } from "../address/mod.ts";
import { socketError } from "../errors/mod.ts";
import { checkCount } from "../internal/check/mod.ts";
import { takeOver } from "../stream/_seam.ts";
import {
  type BytePair,
  type DenoConn,
  type NodeDuplex,
  StreamConn,
} from "../stream/mod.ts";
import { checkFaults } from "./_check_faults.ts";
import { FaultTransport } from "./_fault_transport.ts";
import type { Direction } from "./conn_pair.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** Why a connection is closed that has faults now. */
const TAKEN = "withFaults() has taken it over; use the FaultyConn";

/** What goes wrong with a connection. */
export interface FaultyConnOptions {
  /** What goes wrong with the bytes that it reads. Defaults to nothing. */
  readonly incoming?: StreamFaults | undefined;
  /**
   * What goes wrong with the bytes that it writes: `pieceSize` limits each write, and
   * the counts are of bytes that left. Defaults to nothing.
   */
  readonly outgoing?: StreamFaults | undefined;
  /**
   * How many queued bytes make `send` wait: 1 or more.
   *
   * @default {262144}
   */
  readonly highWaterMark?: number | undefined;
}

/**
 * A connection with faults; see {@linkcode withFaults}.
 *
 * @example A peer that stalls
 * ```ts
 * import { connPair, withFaults } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * using pair = connPair();
 * using client = withFaults(pair.client);
 * client.incoming.stall();
 * await pair.server.send("late\n");
 * await assertRejects(() => client.readLine({ timeout: 1 }), Error, "ETIMEDOUT");
 * client.incoming.resume();
 * assertEquals(await client.readLine(), "late"); // nothing is lost
 * assertEquals(client.incoming.passed, 5);
 * ```
 */
export class FaultyConn<A extends Addr = Addr> extends StreamConn<A> {
  /** The bytes that it reads. */
  readonly incoming: Direction;
  /** The bytes that it writes. */
  readonly outgoing: Direction;

  /**
   * Not for users: {@linkcode withFaults} makes these connections.
   *
   * @ignore
   */
  constructor(
    transport: FaultTransport<A>,
    options: { highWaterMark?: number | undefined },
  ) {
    super(transport, options);
    this.incoming = transport.incoming;
    this.outgoing = transport.outgoing;
  }
}

/**
 * Makes a connection that behaves as over a bad network: cut into pieces, stalled, ended
 * early or reset after so many bytes. It takes every connection of this package (TCP,
 * TLS, unix, in memory, simulated) and every source of {@linkcode StreamConn.from}. Of
 * what the faults let through, no byte is lost, doubled or out of order.
 *
 * The `FaultyConn` takes the connection over: `conn` is closed then, and its methods
 * reject with a `ClosedError`. Bytes that `conn` has received and not returned count as
 * not passed yet.
 *
 * `resetAfter` sends RST to the peer. A backend that cannot do so closes the
 * connection instead, and the peer reads the end of the stream. `endAfter` of `outgoing`
 * sends FIN to the peer. Bytes behind it are written without an error, and lost.
 *
 * To have faults below TLS, start TLS on a `FaultyConn`.
 *
 * @throws {TypeError} If `conn` is not a connection or stream of bytes.
 * @throws {RangeError} If a size or a count of the options is out of range.
 * @throws {BusyError} If a read or a write of `conn` is pending.
 * @throws {ClosedError} If `conn` is closed.
 * @throws {NotSupportedError} If `outgoing` has `endAfter`, and `conn` cannot close one
 * half only; it is closed then.
 *
 * @example A real connection that sends one byte at a time, and dies
 * ```ts
 * import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
 * import { withFaults } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using server = await serveTcp(
 *   { hostname: "127.0.0.1", port: 0 },
 *   async (conn) => {
 *     await conn.send(`you said ${await conn.readLine()}\n`);
 *     await conn.readLine(); // waits for the next one
 *   },
 * );
 *
 * await using conn = withFaults(await connectTcp(server.addr), {
 *   outgoing: { pieceSize: 1 },
 *   incoming: { pieceSize: [2, 3], resetAfter: 9 },
 * });
 * await conn.send("hello\n");
 * assertEquals(await conn.readExact(9), new TextEncoder().encode("you said "));
 * await assertRejects(() => conn.readLine(), Error, "ECONNRESET");
 * ```
 *
 * @example A server whose clients have a bad line
 * ```ts
 * import { serve } from "@berkeley/sockets/stream";
 * import { listenerInMemory, withFaults } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = listenerInMemory();
 * await using _server = serve(listener, async (accepted) => {
 *   await using conn = withFaults(accepted, { outgoing: { endAfter: 4 } });
 *   await conn.send("220 ready\r\n");
 * });
 * using client = await listener.connect();
 * assertEquals(await client.readLine(), "220 "); // to the end of the stream
 * ```
 */
export function withFaults<A extends Addr>(
  conn: StreamConn<A> | DenoConn<A>,
  options?: FaultyConnOptions,
): FaultyConn<A>;
/** Makes a connection with faults of a stream of Node or of two web streams. */
export function withFaults(
  conn: NodeDuplex | BytePair,
  options?: FaultyConnOptions,
): FaultyConn<Addr | UnixAddr>;
export function withFaults(
  conn: StreamConn | DenoConn | NodeDuplex | BytePair,
  options: FaultyConnOptions = {},
): FaultyConn {
  const { incoming, outgoing, highWaterMark } = options;
  const onReads = checkFaults(incoming);
  const onWrites = checkFaults(outgoing);
  checkCount("highWaterMark", highWaterMark);
  const whole = conn instanceof StreamConn
    ? conn
    : StreamConn.from(conn as DenoConn);
  const taken = takeOver(whole, "withFaults", TAKEN);
  const transport = new FaultTransport(taken, onReads, onWrites);
  if (onWrites.endAfter !== undefined && transport.lacks.has("closeWrite")) {
    void transport.close().catch(() => {});
    throw socketError("ENOTSUP", {
      action: "use endAfter of outgoing",
      syscall: "shutdown",
      reason: "the connection cannot close one half only; use resetAfter",
    });
  }
  return new FaultyConn(transport, { highWaterMark });
}
