/** Faults of a connection of any kind, whatever carries it. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, SocketError } from "@berkeley/sockets/errors";
import {
  connPair,
  type StreamFaults,
  withFaults,
} from "@berkeley/sockets/testing";
import { Random } from "../_random.ts";
import { bytes, eachStream, readAll, text } from "../_each_stream.ts";
import { endOf } from "../_end_of.ts";

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

function randomPieces(random: Random): StreamFaults {
  const most = random.pick([3, 100, 5000]);
  return {
    pieceSize: [random.integer(1, most), random.integer(1, most), most],
  };
}

eachStream(
  "withFaults() loses, doubles and reorders no byte that it cuts and stalls",
  async ({ pair, index }) => {
    const random = new Random(index);
    using ends = await pair();
    const options = () => ({
      incoming: randomPieces(random),
      outgoing: randomPieces(random),
    });
    await using client = withFaults(ends.client, options());
    await using server = withFaults(ends.server, options());
    const sent = random.bytes(4000);
    const stalls = [client, server].flatMap(({ incoming, outgoing }) => [
      incoming,
      outgoing,
    ]);
    let isDone = false;
    const stalling = (async () => {
      while (!isDone) {
        const direction = random.pick(stalls);
        direction.stall();
        for (let turn = random.integer(0, 5); turn > 0; turn--) {
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        direction.resume();
      }
    })();
    const echoing = (async () => {
      for await (const chunk of server.readable) await server.writeAll(chunk);
      await server.closeWrite();
    })();
    const sending = (async () => {
      for (let at = 0; at < sent.length;) {
        const size = random.integer(1, 900);
        await client.send(sent.subarray(at, at += size));
      }
      await client.closeWrite();
    })();
    const received = await readAll(client);
    isDone = true;
    await Promise.all([echoing, sending, stalling]);
    assertEquals(received, sent);
    for (const { passed } of stalls) assertEquals(passed, sent.length);
  },
  ["half-close"],
);

eachStream(
  "withFaults() ends and resets what is read after so many bytes",
  async ({ pair }) => {
    const cases: [StreamFaults, [number, string]][] = [
      [{ endAfter: 40 }, [40, "FIN"]],
      [{ endAfter: 0 }, [0, "FIN"]],
      [{ resetAfter: 40 }, [40, "ECONNRESET"]],
      [{ resetAfter: 0 }, [0, "ECONNRESET"]],
    ];
    for (const [incoming, expected] of cases) {
      using ends = await pair();
      using client = withFaults(ends.client, { incoming });
      await ends.server.send(new Uint8Array(100));
      assertEquals(await endOf(client), expected);
      assertEquals(client.incoming.passed, expected[0]);
    }
  },
);

eachStream(
  "withFaults() ends what is written after so many bytes, and reads on",
  async ({ pair }) => {
    using ends = await pair();
    using client = withFaults(ends.client, { outgoing: { endAfter: 5 } });
    await client.writeAll(bytes("hello, world"));
    await client.writeAll(bytes("lost"));
    assertEquals(text(await readAll(ends.server)), "hello");
    await ends.server.send("still here\n");
    assertEquals(await client.readLine(), "still here");
    await client.closeWrite(); // did so before
  },
  ["half-close"],
);

eachStream(
  "withFaults() resets what is written after so many bytes, and pending reads",
  async ({ pair }) => {
    using ends = await pair();
    using client = withFaults(ends.client, { outgoing: { resetAfter: 5 } });
    const reading = assertRejects(() => client.readLine(), SocketError);
    await assertRejects(() => client.writeAll(bytes("hello, world")));
    assertEquals((await reading).code, "ECONNRESET");
    const [count] = await endOf(ends.server);
    assert(count <= 5, `${count}`); // RST may overtake them
    await assertRejects(() => client.writeAll(bytes("late")), SocketError);
  },
);

eachStream(
  "withFaults() stalls after so many bytes until resume()",
  async ({ pair }) => {
    using ends = await pair();
    using client = withFaults(ends.client, {
      incoming: { stallAfter: 3 },
      outgoing: { stallAfter: 2 },
    });
    await ends.server.send("hello\n");
    assertEquals(text(await client.readExact(3)), "hel");
    await assertRejects(() => client.readLine({ timeout: 1 }), SocketError);
    await client.send("world\n");
    assertEquals(text(await ends.server.readExact(2)), "wo");
    assertEquals(client.incoming.passed, 3);
    const answer = ends.server.readLine();
    client.outgoing.resume();
    assertEquals(await answer, "rld");
    client.incoming.resume();
    assertEquals(await client.readLine(), "lo");
  },
);

eachStream(
  "close() ends calls of a stalled connection",
  async ({ pair }) => {
    using ends = await pair();
    await using client = withFaults(ends.client);
    client.incoming.stall();
    client.outgoing.stall();
    const reading = assertRejects(() => client.readLine(), ClosedError);
    const writing = assertRejects(
      () => client.writeAll(bytes("x"), { timeout: 1 }),
      SocketError,
    );
    await writing;
    client.outgoing.resume(); // a write that has begun leaves before the close
    client.close();
    await reading;
    assertEquals(await ends.server.readExact(1), bytes("x"));
  },
  ["release"],
);

eachStream(
  "withFaults() gets what was buffered, and what a cancelled read brings",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.send("one\ntwo");
    assertEquals(await ends.client.readLine(), "one");
    await assertRejects(() => ends.client.readExact(100, { timeout: 0 }));
    using client = withFaults(ends.client, { incoming: { pieceSize: 2 } });
    await ends.server.send(" and three\n");
    assertEquals(client.incoming.passed, 0);
    assertEquals(await client.readLine(), "two and three");
    assertEquals(client.incoming.passed, 14);
    await assertRejects(
      () => ends.client.readLine(),
      ClosedError,
      "FaultyConn",
    );
    ends.client.close(); // closes nothing
    await ends.server.send("four\n");
    assertEquals(await client.readLine(), "four");
  },
);

test("withFaults() cuts reads and writes to the sizes of the list", async () => {
  using pair = connPair();
  using client = withFaults(pair.client, { incoming: { pieceSize: [1, 3] } });
  using server = withFaults(pair.server, { outgoing: { pieceSize: [4, 2] } });
  assertEquals(await server.write(new Uint8Array(9)), 4);
  assertEquals(await server.write(new Uint8Array(9)), 2);
  const sizes = [];
  for (let i = 0; i < 3; i++) sizes.push(await client.read(new Uint8Array(9)));
  assertEquals(sizes, [1, 3, 1]);
});

test("stall() holds back what was on its way, and the end behind it", async () => {
  using pair = connPair();
  using client = withFaults(pair.client);
  const reading = client.readLine();
  let isRead = false;
  void reading.then(() => isRead = true);
  client.incoming.stall();
  await pair.server.send("unfinished");
  await pair.server.closeWrite();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([isRead, client.incoming.passed], [false, 0]);
  client.incoming.resume();
  assertEquals(await reading, "unfinished");
  client.outgoing.stall();
  const closing = client.closeWrite();
  await assertRejects(() => pair.server.readLine({ timeout: 1 }), SocketError);
  client.outgoing.resume();
  await closing;
  assertEquals(await pair.server.readLine(), null);
});

test("withFaults() drops what comes behind an early end, so that the peer can go on", async () => {
  await using pair = connPair({ windowSize: 100 });
  await using client = withFaults(pair.client, { incoming: { endAfter: 10 } });
  const sending = pair.server.writeAll(new Uint8Array(5000));
  assertEquals(await endOf(client), [10, "FIN"]);
  await sending;
});

test("withFaults() can be used twice, and takes web streams", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const first = withFaults({ readable, writable }, {
    incoming: { pieceSize: 2 },
  });
  await using conn = withFaults(first, { incoming: { endAfter: 3 } });
  await conn.send("hello");
  assertEquals(await conn.read(new Uint8Array(9)), 2);
  assertEquals(await conn.read(new Uint8Array(9)), 1);
  assertEquals(await conn.read(new Uint8Array(9)), null);
});

test("withFaults() refuses a connection in use, a closed one, and bad options", async () => {
  using pair = connPair();
  const reading = pair.client.readLine().catch(() => {});
  assertThrows(
    () => withFaults(pair.client),
    BusyError,
    "Cannot put faults on",
  );
  pair.client.close();
  await reading;
  assertThrows(() => withFaults(pair.client), ClosedError);
  for (
    const options of [
      { incoming: { pieceSize: 0 } },
      { outgoing: { stallAfter: -1 } },
      { highWaterMark: 0 },
    ]
  ) {
    assertThrows(() => withFaults(pair.server, options), RangeError);
  }
  assertEquals(pair.server.isClosed, false);
  const whole = {
    ...{ localAddr: pair.server.localAddr, close() {} },
    ...{ remoteAddr: pair.server.remoteAddr, write: () => Promise.resolve(1) },
    read: () => Promise.resolve(null),
  };
  assertThrows(
    () =>
      withFaults(whole as unknown as Deno.Conn, { outgoing: { endAfter: 1 } }),
    SocketError,
    "ENOTSUP",
  );
  assertThrows(() => withFaults({} as Deno.Conn), TypeError);
});
