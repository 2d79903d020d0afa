import { NotSupportedError, socketError } from "../errors/mod.ts";
import { checkInteger, checkNumber } from "../internal/check/mod.ts";
import { checkWait } from "../internal/wait/mod.ts";
import { showAddr } from "./_conn_errors.ts";
import { IdleTimer } from "./_idle_timer.ts";
import type { StreamConn } from "./conn.ts";
import { endAbruptly } from "./ending_conn.ts";

/** What each direction begins with, in bytes: most relays are idle most of the time. */
const FIRST_BUFFER = 4096;
/** By how much a buffer grows that was full. */
const GROWTH = 4;

/** How {@linkcode relay} works. */
export interface RelayOptions {
  /**
   * How long no byte may pass in either direction, in milliseconds; 0 for no limit.
   * Then both connections are closed.
   *
   * @default {0}
   */
  idleTimeout?: number | undefined;
  /**
   * How many bytes each direction reads ahead at the most: 1 or more. A buffer starts
   * at 4096 bytes and grows when it is full.
   *
   * @default {65536}
   */
  bufferSize?: number | undefined;
  /** Ends both connections when aborted. */
  signal?: AbortSignal | undefined;
}

/** What {@linkcode relay} has passed on. */
export interface RelayCounts {
  /** How many bytes of the first connection went to the second one. */
  forward: number;
  /** How many bytes of the second connection went to the first one. */
  backward: number;
}

/**
 * Passes the bytes of each connection on to the other one, until both directions
 * have ended. Then it closes both, and resolves with what it has passed on.
 *
 * - A connection whose peer reads slowly slows down the other one: nothing is read
 *   before what was read has been written.
 * - The end of one direction is passed on by `closeWrite()`; the other direction goes
 *   on. A connection that cannot half-close is closed instead, with both directions.
 * - A failure to read, such as RST, is passed on by RST, where the other connection can
 *   reset: over the `"deno"` backend only with `--allow-ffi`. Elsewhere it is closed.
 * - A failure to write ends the direction. The other one goes on.
 *
 * The connections belong to the relay: until it has ended, nothing else is to read from
 * them or write to them.
 *
 * @throws {SocketError} The first failure of a connection, once both directions have
 * ended. `ETIMEDOUT` after `idleTimeout`. When the signal aborts, the relay rejects with
 * its reason.
 * @throws {RangeError} If `idleTimeout` or `bufferSize` is out of range.
 * @throws {TypeError} If an option is not of its type.
 *
 * @example A relay between two connections
 * ```ts
 * import { relay } from "@berkeley/sockets/stream";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const [left, right] = [connPair(), connPair()];
 * const relaying = relay(left.server, right.client);
 *
 * await left.client.send("hello\n");
 * assertEquals(await right.server.readLine(), "hello");
 * await right.server.send("and back\n");
 * assertEquals(await left.client.readLine(), "and back");
 *
 * await Promise.all([left.client.closeWrite(), right.server.closeWrite()]);
 * assertEquals(await relaying, { forward: 6, backward: 9 });
 * ```
 */
export async function relay(
  a: StreamConn,
  b: StreamConn,
  options: RelayOptions = {},
): Promise<RelayCounts> {
  const { idleTimeout = 0, bufferSize = 65_536, signal } = options;
  checkNumber("idleTimeout", idleTimeout, 0);
  checkInteger("bufferSize", bufferSize, 1);
  checkWait({ signal: signal?.aborted ? undefined : signal });

  const idle = new IdleTimer([a, b], idleTimeout);
  const failures: unknown[] = [];
  const onAbort = () => {
    failures.unshift(signal!.reason);
    for (const conn of [a, b]) endAbruptly(conn);
  };
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) onAbort();

  const counts = { forward: 0, backward: 0 };
  await Promise.all([
    pass(a, b, bufferSize, (count) => counts.forward += count),
    pass(b, a, bufferSize, (count) => counts.backward += count),
  ].map((direction) => direction.catch((error) => failures.push(error))));

  signal?.removeEventListener("abort", onAbort);
  idle.stop();
  await Promise.all([a, b].map((conn) => conn[Symbol.asyncDispose]()));
  if (idle.hasFired) throw idleError(a, b);
  if (failures.length > 0) throw failures[0];
  return counts;
}

/** Passes one direction on to its end. */
async function pass(
  from: StreamConn,
  to: StreamConn,
  most: number,
  onPassed: (count: number) => void,
): Promise<void> {
  let buffer = new Uint8Array(Math.min(FIRST_BUFFER, most));
  for (;;) {
    let count: number | null;
    try {
      count = await from.read(buffer);
    } catch (error) {
      if (to.isClosed) return; // the other direction has closed both
      // An orderly end would make the peer believe that it has received everything.
      endAbruptly(to);
      throw error;
    }
    try {
      if (count === null) return await passEnd(from, to);
      await to.writeAll(buffer.subarray(0, count));
    } catch (error) {
      from.closeRead(); // for nobody; the other direction goes on
      throw error;
    }
    onPassed(count);
    if (count === buffer.length && count < most) {
      buffer = new Uint8Array(Math.min(count * GROWTH, most));
    }
  }
}

/** Ends the writing half; both connections, if the second one has no half-close. */
async function passEnd(from: StreamConn, to: StreamConn): Promise<void> {
  try {
    await to.closeWrite();
  } catch (error) {
    if (!(error instanceof NotSupportedError)) throw error;
    await Promise.all([from, to].map((conn) => conn[Symbol.asyncDispose]()));
  }
}

function idleError(a: StreamConn, b: StreamConn): Error {
  const ends = [a, b].map((conn) => showAddr(conn.remoteAddr)).join(" and ");
  return socketError("ETIMEDOUT", {
    action: `relay between ${ends}`,
    reason: "no byte has passed for the idle timeout",
  });
}
