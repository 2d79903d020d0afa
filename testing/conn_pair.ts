import type { NetAddr } from "../address/mod.ts";
import { StreamConn } from "../stream/mod.ts";
import { linkEnds } from "./_link_ends.ts";
import { type ConnPairOptions, readPairOptions } from "./conn_pair_options.ts";

/** RFC 5737: addresses for documentation, which no host has. */
const CLIENT_ADDR: NetAddr = {
  transport: "tcp",
  hostname: "192.0.2.1",
  port: 49152,
};
const SERVER_ADDR: NetAddr = {
  transport: "tcp",
  hostname: "192.0.2.2",
  port: 7,
};

/**
 * One direction of a pair, to hold back its bytes at any time.
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
export interface Direction {
  /** How many bytes the reader has received. */
  readonly passed: number;
  /** Holds back what is not received yet. */
  stall(): void;
  /** Lets through what was held back, also by `stallAfter`. */
  resume(): void;
}

/**
 * Two connected ends in memory; disposing of the pair closes both. See the example of
 * {@linkcode connPair}.
 */
export interface ConnPair extends Disposable, AsyncDisposable {
  /** The end that connected. */
  readonly client: StreamConn<NetAddr>;
  /** The end that was accepted. */
  readonly server: StreamConn<NetAddr>;
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
 */
export function connPair(options: ConnPairOptions = {}): ConnPair {
  const read = readPairOptions(options);
  const ends = linkEnds(read, CLIENT_ADDR, SERVER_ADDR);
  const client = new StreamConn(ends.client, read);
  const server = new StreamConn(ends.server, read);
  return {
    client,
    server,
    toServer: ends.toServer,
    toClient: ends.toClient,
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
