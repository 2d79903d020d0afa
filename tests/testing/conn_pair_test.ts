/** Two connected ends in memory behave as TCP's do. */
import { connPair, type ConnPairOptions } from "@berkeley/sockets/testing";
import { SocketError } from "@berkeley/sockets/errors";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Random } from "../_random.ts";
import { endOf } from "../_end_of.ts";

const encoder = new TextEncoder();

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("connPair() carries bytes in both directions, in order", async () => {
  await using pair = connPair();
  const { client, server } = pair;
  await Promise.all([
    client.send(encoder.encode("one\ntwo\n")),
    server.send(encoder.encode("three\n")),
  ]);
  assertEquals(await server.readLine(), "one");
  assertEquals(await server.readLine(), "two");
  assertEquals(await client.readLine(), "three");
  assertEquals(client.remoteAddr, server.localAddr);
  assertEquals(server.remoteAddr, client.localAddr);
  assertEquals(client.backend, "memory");
  assertEquals([pair.toServer.passed, pair.toClient.passed], [8, 6]);
});

test("closeWrite() ends one direction, and the other goes on", async () => {
  await using pair = connPair();
  const { client, server } = pair;
  await client.send(encoder.encode("question"));
  await client.closeWrite();
  assertEquals(await endOf(server), [8, "FIN"]);
  await server.send(encoder.encode("answer\n"));
  assertEquals(await client.readLine(), "answer");
});

test("a sender waits while the window is full", async () => {
  await using pair = connPair({ windowSize: 1000, highWaterMark: 1 });
  const { client, server } = pair;
  let isSent = false;
  const sent = client.writeAll(new Uint8Array(1001)).then(() => isSent = true);
  for (let turn = 0; turn < 100; turn++) await undefined;
  assertEquals(isSent, false);
  await server.readExact(1001);
  await sent;
});

test("close() with unread bytes resets the connection", async () => {
  await using pair = connPair();
  const { client, server } = pair;
  await client.writeAll(encoder.encode("unread"));
  server.close();
  assertEquals(await endOf(client), [0, "ECONNRESET"]);
});

test("close() with nothing unread ends the peer's stream", async () => {
  await using pair = connPair();
  const { client, server } = pair;
  await server.send(encoder.encode("bye"));
  server.close();
  assertEquals(await endOf(client), [3, "FIN"]);
  await client.send(encoder.encode("too late"));
  await client.flush().catch(() => {});
  await assertRejects(async () => {
    await client.send(encoder.encode("again"));
    await client.flush();
  }, SocketError);
});

test("calls that wait end when their own end is closed", async () => {
  using pair = connPair({ windowSize: 1 });
  const { client } = pair;
  const reading = assertRejects(() => client.readLine(), SocketError, "EBADF");
  const writing = assertRejects(
    () => client.writeAll(new Uint8Array(9)),
    SocketError,
  );
  client.close();
  await Promise.all([reading, writing]);
});

const FAULTS: readonly {
  name: string;
  options: ConnPairOptions;
  end: [number, string];
}[] = [
  { name: "nothing", options: {}, end: [100, "FIN"] },
  {
    name: "endAfter",
    options: { toServer: { endAfter: 40 } },
    end: [40, "FIN"],
  },
  {
    name: "resetAfter",
    options: { toServer: { resetAfter: 40 } },
    end: [40, "ECONNRESET"],
  },
  {
    name: "resetAfter at the first byte",
    options: { toServer: { resetAfter: 0 } },
    end: [0, "ECONNRESET"],
  },
];

for (const { name, options, end } of FAULTS) {
  for (const windowSize of [1, 7, 64 * 1024]) {
    test(`the reader sees ${name}, with a window of ${windowSize}`, async () => {
      using pair = connPair({ ...options, windowSize });
      const sending = pair.client.writeAll(new Uint8Array(100))
        .then(() => pair.client.closeWrite()).catch(() => {});
      assertEquals(await endOf(pair.server), end);
      await sending;
    });
  }
}

test("pieceSize limits what each read receives", async () => {
  await using pair = connPair({ toServer: { pieceSize: [1, 3] } });
  await pair.client.send(new Uint8Array(9));
  const buffer = new Uint8Array(100);
  const sizes = [];
  for (let i = 0; i < 5; i++) sizes.push(await pair.server.read(buffer));
  assertEquals(sizes, [1, 3, 1, 3, 1]);
});

test("stall() and stallAfter hold bytes back until resume()", async () => {
  await using pair = connPair({ toServer: { stallAfter: 3 } });
  const { client, server } = pair;
  const reading = server.readLine();
  await client.send(encoder.encode("hello\n"));
  for (let turn = 0; turn < 100; turn++) await undefined;
  assertEquals(pair.toServer.passed, 3);
  pair.toServer.resume();
  assertEquals(await reading, "hello");
  pair.toServer.stall();
  const second = server.readLine();
  await client.send(encoder.encode("again\n"));
  for (let turn = 0; turn < 100; turn++) await undefined;
  assertEquals(pair.toServer.passed, 6);
  pair.toServer.resume();
  assertEquals(await second, "again");
});

test("connPair() delivers every byte once, in any pieces", async () => {
  const random = new Random(7);
  for (let round = 0; round < 50; round++) {
    const sent = random.bytes(random.integer(0, 5000));
    await using pair = connPair({
      windowSize: random.integer(1, 300),
      toServer: { pieceSize: [random.integer(1, 50), random.integer(1, 9)] },
    });
    const sending = pair.client.writeAll(sent)
      .then(() => pair.client.closeWrite());
    const parts: number[] = [];
    const buffer = new Uint8Array(random.integer(1, 400));
    for (let n; (n = await pair.server.read(buffer)) !== null;) {
      parts.push(...buffer.subarray(0, n));
    }
    await sending;
    assertEquals(Uint8Array.from(parts), sent, `round ${round}`);
  }
});

test("connPair() refuses bad options", () => {
  for (
    const options of [
      { windowSize: 0 },
      { windowSize: NaN },
      { highWaterMark: 0 },
      { toServer: { pieceSize: 0 } },
      { toServer: { pieceSize: [] } },
      { toClient: { stallAfter: -1 } },
      { toClient: { endAfter: 1.5 } },
      { toClient: { resetAfter: NaN } },
    ]
  ) {
    assertThrows(() => connPair(options), RangeError, "Cannot use ");
  }
});

test("connPair() fails what is being written when the peer closes without reading it", async () => {
  await using pair = connPair();
  const { client, server } = pair;
  const failures = Promise.all([
    assertRejects(() => client.writeAll(new Uint8Array(1e6)), SocketError),
    assertRejects(() => client.closeWrite(), SocketError),
  ]);
  await server.peek(1);
  server.close();
  for (const { code } of await failures) assertEquals(code, "EPIPE");
});

test("connPair() rejects calls whose memory is transferred", async () => {
  await using pair = connPair({ windowSize: 100 });
  const { client, server } = pair;
  const target = new Uint8Array(10_000);
  const reading = assertRejects(() => server.read(target), TypeError);
  structuredClone(target, { transfer: [target.buffer] });
  await client.send(encoder.encode("kept\n"));
  await reading;
  assertEquals(await server.readLine(), "kept");

  const message = new Uint8Array(10_000);
  const writing = assertRejects(() => client.writeAll(message), TypeError);
  await server.readExact(1000);
  structuredClone(message, { transfer: [message.buffer] });
  const rest = endOf(server);
  await writing;
  client.close();
  const [count] = await rest;
  assert(count < 9000, `${count}`);
});
