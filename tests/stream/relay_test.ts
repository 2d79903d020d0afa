/** The relay between two connections: nothing is lost, and each end is passed on. */
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { ConnectionResetError, TimedOutError } from "@berkeley/sockets/errors";
import { relay, type RelayOptions, StreamConn } from "@berkeley/sockets/stream";
import { connPair, type ConnPairOptions } from "@berkeley/sockets/testing";
import { Random } from "../_random.ts";
import { eachStream, eachTransport, readAll } from "../_each_stream.ts";

/** A relay in memory between `client` and `server`. */
function relayInMemory(options?: RelayOptions, faults: ConnPairOptions = {}) {
  const [left, right] = [connPair(faults), connPair(faults)];
  const relaying = relay(left.server, right.client, options);
  return { client: left.client, server: right.server, relaying };
}

/** Sends random bytes in random pieces, and half-closes. */
async function sendRandom(
  conn: StreamConn,
  random: Random,
  size: number,
): Promise<Uint8Array> {
  const data = random.bytes(size);
  for (let at = 0; at < size;) {
    const piece = data.subarray(at, at += random.integer(1, 9000));
    if (random.integer(0, 1) === 0) await conn.writeAll(piece);
    else await conn.send(piece);
  }
  await conn.closeWrite();
  return data;
}

eachStream(
  "relay() passes both directions on, and their ends",
  async ({ index, pair }) => {
    const random = new Random(index + 1);
    using left = await pair();
    using right = await pair();
    const relaying = relay(left.server, right.client, { bufferSize: 10_000 });
    const [forward, there, backward, back] = await Promise.all([
      sendRandom(left.client, random, 150_000),
      readAll(right.server),
      sendRandom(right.server, random, 90_000),
      readAll(left.client),
    ]);
    assertEquals(there, forward);
    assertEquals(back, backward);
    assertEquals(await relaying, { forward: 150_000, backward: 90_000 });
    assertEquals([left.server.isClosed, right.client.isClosed], [true, true]);
  },
  ["half-close"],
);

Deno.test("relay() lets one direction go on when the other has ended", async () => {
  const { client, server, relaying } = relayInMemory();
  await client.closeWrite();
  assertEquals(await server.read(new Uint8Array(1)), null);
  await server.send("still there\n");
  assertEquals(await client.readLine(), "still there");
  server.close();
  assertEquals(await relaying, { forward: 0, backward: 12 });
});

eachTransport("relay() passes RST on", async ({ backend, pair }) => {
  if (backend === "deno") return; // without --allow-ffi it has none to pass on
  using left = await pair();
  using right = await pair();
  const relaying = relay(left.server, right.client);
  left.client.reset();
  await assertRejects(() => relaying, ConnectionResetError);
  const read = () => right.server.read(new Uint8Array(1));
  await assertRejects(read, ConnectionResetError);
});

Deno.test("relay() reads no faster than the other side", async () => {
  const { client, server, relaying } = relayInMemory({}, { windowSize: 1000 });
  const sending = client.writeAll(new Uint8Array(100_000));
  await new Promise((resolve) => setTimeout(resolve, 1));
  // The windows on both sides, and what the relay has read.
  assertEquals(client.bytesWritten, 3000);
  const received = readAll(server);
  await sending;
  client.close();
  assertEquals((await received).length, 100_000);
  server.close();
  assertEquals(await relaying, { forward: 100_000, backward: 0 });
});

Deno.test("relay() passes on what was received before it began", async () => {
  const [left, right] = [connPair(), connPair()];
  await left.client.send("early\n");
  await left.server.peek(6);
  const relaying = relay(left.server, right.client);
  assertEquals(await right.server.readLine(), "early");
  left.client.close();
  right.server.close();
  assertEquals(await relaying, { forward: 6, backward: 0 });
});

Deno.test("relay() closes both connections when no byte passes", async () => {
  const { client, server, relaying } = relayInMemory({ idleTimeout: 5 });
  const alive = setTimeout(() => {}, 10_000); // memory keeps no program alive
  const error = await assertRejects(() => relaying, TimedOutError);
  clearTimeout(alive);
  assertEquals(
    error.message,
    "Cannot relay between 192.0.2.1:49152 and 192.0.2.2:7: no byte has passed for the idle timeout (ETIMEDOUT)",
  );
  assertEquals(await client.read(new Uint8Array(1)), null);
  assertEquals(await server.read(new Uint8Array(1)), null);
});

Deno.test("relay() ends both connections when its signal aborts", async () => {
  for (const isEarly of [true, false]) {
    const ending = new AbortController();
    const reason = new Error("enough");
    if (isEarly) ending.abort(reason);
    const { client, server, relaying } = relayInMemory({
      signal: ending.signal,
    });
    if (!isEarly) ending.abort(reason);
    const error = await relaying.catch((error) => error);
    assertStrictEquals(error, reason);
    for (const end of [client, server]) {
      const failure = await end.read(new Uint8Array(1)).catch((error) => error);
      assertInstanceOf(failure, ConnectionResetError);
    }
  }
});

Deno.test("relay() ends both directions where there is no half-close", async () => {
  const right = connPair();
  const source = { // without a way to half-close that the peer could see
    ...{ read: (into: Uint8Array) => right.client.read(into) },
    write: (bytes: Uint8Array) => right.client.write(bytes),
    close: () => right.client.close(),
    ref() {},
    unref() {},
    localAddr: right.client.localAddr,
    remoteAddr: right.client.remoteAddr,
  };
  const left = connPair();
  const middle = StreamConn.from(source as unknown as Deno.Conn);
  const relaying = relay(left.server, middle);
  await left.client.send("bye\n");
  await left.client.closeWrite();
  assertEquals(await right.server.readLine(), "bye");
  assertEquals(await right.server.read(new Uint8Array(1)), null);
  assertEquals(await relaying, { forward: 4, backward: 0 });
  right.server.close();
});

Deno.test("relay() refuses bad options and leaves the connections as they are", async () => {
  const pair = connPair();
  const bad: [RelayOptions, ErrorConstructor][] = [
    [{ bufferSize: 0 }, RangeError],
    [{ bufferSize: 1.5 }, RangeError],
    [{ idleTimeout: -1 }, RangeError],
    [{ idleTimeout: "1" as unknown as number }, TypeError],
    [{ signal: {} as AbortSignal }, TypeError],
  ];
  for (const [options, kind] of bad) {
    await assertRejects(() => relay(pair.client, pair.server, options), kind);
  }
  await pair.client.send("x\n");
  assertEquals(await pair.server.readLine(), "x");
});

Deno.test("relay() loses nothing over connections that fail at random", async () => {
  const random = new Random(99);
  for (let round = 0; round < 60; round++) {
    const faults: ConnPairOptions = {
      windowSize: random.integer(1, 5000),
      toServer: {
        pieceSize: random.integer(1, 700),
        resetAfter: random.integer(0, 2) === 0
          ? random.integer(0, 30_000)
          : undefined,
      },
      toClient: { pieceSize: random.integer(1, 700) },
    };
    const { client, server, relaying } = relayInMemory({}, faults);
    const data = random.bytes(random.integer(0, 40_000));
    const sending = client.writeAll(data).then(() => client.closeWrite())
      .catch(() => {});
    const received: number[] = [];
    const buffer = new Uint8Array(4096);
    let failure: unknown;
    try {
      for (let n; (n = await server.read(buffer)) !== null;) {
        received.push(...buffer.subarray(0, n));
      }
    } catch (error) {
      failure = error;
    }
    const isWhole = received.length === data.length;
    assertEquals(Uint8Array.from(received), data.slice(0, received.length));
    assertEquals(failure === undefined, isWhole); // a part never ends in order
    server.close();
    client.close();
    await Promise.all([sending, relaying.catch(() => {})]);
  }
});
