/**
 * A connection of TCP for scenarios.
 *
 * @module
 */
import type { TcpConn, TcpListener } from "../../../tcp/mod.ts";
import type { Context, Scenario } from "./_scenario.ts";

/** Both ends of a connection, and its listener. */
export interface Pair {
  readonly listener: TcpListener;
  readonly client: TcpConn;
  readonly server: TcpConn;
}

/** Connects, and closes everything afterwards. */
export async function withPair(
  { listenTcp, connectTcp, family: { loopback } }: Context,
  body: (pair: Pair) => Promise<void>,
): Promise<void> {
  await using listener = await listenTcp({ hostname: loopback, port: 0 });
  const { port } = listener.addr;
  const accepting = listener.accept();
  await using client = await connectTcp({ hostname: loopback, port });
  await using server = await accepting;
  await body({ listener, client, server });
}

/** Reads once, and writes down what came. */
export function read(
  { log }: Context,
  label: string,
  conn: TcpConn,
): Promise<unknown> {
  const buffer = new Uint8Array(100);
  return log.call(
    label,
    () => conn.read(buffer),
    (count) => count === null ? "end" : buffer.subarray(0, count),
  );
}

/** Runs a scenario on a connection. */
export function over(
  body: (pair: Pair, context: Context) => Promise<void>,
): Scenario["run"] {
  return (context) => withPair(context, (pair) => body(pair, context));
}

/** A port that nobody listens on. */
export async function closedPort(
  { listenTcp, family }: Context,
): Promise<number> {
  const hostname = family.loopback;
  await using listener = await listenTcp({ hostname, port: 0 });
  return listener.addr.port;
}
