import { checkInteger } from "../internal/check/mod.ts";
import { StreamConn } from "../stream/mod.ts";
import { checkFaults } from "./_check_faults.ts";
import { MemoryTransport } from "./_memory_transport.ts";
import { Pipe } from "./_pipe.ts";
import type { StreamFaults } from "./stream_faults.ts";

/** How many bytes may be under way in each direction by default. */
const DEFAULT_WINDOW_SIZE = 64 * 1024;
/** The largest window. */
const MAX_WINDOW_SIZE = 1 << 30;

/** RFC 5737: addresses for documentation, which no host has. */
const CLIENT_ADDR: Deno.NetAddr = {
  transport: "tcp",
  hostname: "192.0.2.1",
  port: 49152,
};
const SERVER_ADDR: Deno.NetAddr = {
  transport: "tcp",
  hostname: "192.0.2.2",
  port: 7,
};

/** What the two ends are like. */
export interface ConnPairOptions {
  /**
   * How many bytes may be under way in each direction, 1 to 2^30, before a sender has
   * to wait for its peer.
   *
   * @default {65536}
   */
  windowSize?: number | undefined;
  /** How many queued bytes make `send` wait: see `connectTcp`. */
  highWaterMark?: number | undefined;
  /** What goes wrong with the bytes to the server. Defaults to nothing. */
  toServer?: StreamFaults | undefined;
  /** What goes wrong with the bytes to the client. Defaults to nothing. */
  toClient?: StreamFaults | undefined;
}

/** One direction of a pair, to hold back its bytes at any time. */
export interface Direction {
  /** How many bytes the reader has received. */
  readonly passed: number;
  /** Holds back what is not received yet. */
  stall(): void;
  /** Lets through what was held back, also by `stallAfter`. */
  resume(): void;
}

/** Two connected ends in memory; disposing of the pair closes both. */
export interface ConnPair extends Disposable, AsyncDisposable {
  /** The end that connected. */
  readonly client: StreamConn<Deno.NetAddr>;
  /** The end that was accepted. */
  readonly server: StreamConn<Deno.NetAddr>;
  /** The bytes to the server. */
  readonly toServer: Direction;
  /** The bytes to the client. */
  readonly toClient: Direction;
}

/**
 * Makes two connected ends in memory, as `socketpair` does in C: no socket, no
 * permission, no wait. What one end sends, the other receives in order; the window is
 * bounded, so that a sender feels back-pressure; `closeWrite()`, `close()` and
 * `reset()` reach the peer as they do over TCP.
 *
 * Memory keeps no program alive: a test whose ends wait for each other forever fails,
 * as its promise can never resolve.
 *
 * @throws {RangeError} If a size or a count of the options is out of range.
 *
 * @example Test a protocol without a network
 * ```ts
 * import type { StreamConn } from "@berkeley/sockets/stream";
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals } from "@std/assert";
 *
 * async function shout(conn: StreamConn): Promise<void> {
 *   for await (const line of conn.lines()) await conn.send(`${line.toUpperCase()}!\n`);
 * }
 *
 * await using pair = connPair({ toServer: { pieceSize: [1, 3] } });
 * const shouting = shout(pair.server);
 * await pair.client.send("hello\n");
 * assertEquals(await pair.client.readLine(), "HELLO!");
 * await pair.client.closeWrite();
 * await shouting;
 * ```
 *
 * @example A peer that stalls
 * ```ts
 * import { connPair } from "@berkeley/sockets/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using pair = connPair();
 * pair.toClient.stall();
 * await pair.server.send("late\n");
 * await assertRejects(() => pair.client.readLine({ timeout: 1 }), Error, "ETIMEDOUT");
 * pair.toClient.resume();
 * assertEquals(await pair.client.readLine(), "late"); // nothing is lost
 * ```
 */
export function connPair(options: ConnPairOptions = {}): ConnPair {
  const {
    windowSize = DEFAULT_WINDOW_SIZE,
    highWaterMark,
    toServer,
    toClient,
  } = options;
  checkInteger("windowSize", windowSize, 1, MAX_WINDOW_SIZE);
  if (highWaterMark !== undefined) {
    checkInteger("highWaterMark", highWaterMark, 1);
  }
  const up = new Pipe(windowSize, checkFaults(toServer));
  const down = new Pipe(windowSize, checkFaults(toClient));
  up.onReset = down.onReset = () => {
    up.reset();
    down.reset();
  };
  const client = new StreamConn(
    new MemoryTransport(down, up, { ...CLIENT_ADDR }, { ...SERVER_ADDR }),
    { highWaterMark },
  );
  const server = new StreamConn(
    new MemoryTransport(up, down, { ...SERVER_ADDR }, { ...CLIENT_ADDR }),
    { highWaterMark },
  );
  return {
    client,
    server,
    toServer: up,
    toClient: down,
    [Symbol.dispose]() {
      client.close();
      server.close();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [client, server].map((end) => end[Symbol.asyncDispose]()),
      );
    },
  };
}
