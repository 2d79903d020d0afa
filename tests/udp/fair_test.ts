/** Timers and other sockets have their turn beside calls that complete at once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TimedOutError } from "@berkeley/sockets/errors";
import { assertFair, assertTimersFire } from "../_ticks.ts";
import { bytes, eachTransport } from "./_each_transport.ts";

eachTransport(
  "send() in a loop lets timers and signals fire",
  async ({ bind, connect }) => {
    using server = await bind();
    using client = await connect(server.localAddr);
    const data = new Uint8Array(64);
    await assertTimersFire(() => client.send(data));
    await assertTimersFire(() => server.sendTo(data, client.localAddr));
  },
  "real time",
);

eachTransport(
  "send() in a loop lets timers fire as often as raw Deno does",
  async ({ bind, connect }) => {
    using server = await bind();
    using client = await connect(server.localAddr);
    const data = new Uint8Array(64);
    await assertFair(async (isOver) => {
      while (!isOver()) await client.send(data);
    });
  },
  "real time",
);

eachTransport(
  "send() in a loop lets the timeout and the signal of a call end it",
  async ({ bind, connect }) => {
    using server = await bind();
    using client = await connect(server.localAddr);
    using other = await bind();
    const data = new Uint8Array(64);
    let isOver = false;
    const receiving = assertRejects(
      () => other.receive({ timeout: 50 }),
      TimedOutError,
    ).then(() =>
      assertRejects(() => other.receive({ signal: AbortSignal.timeout(50) }))
    ).finally(() => isOver = true);
    receiving.catch(() => {}); // reported below
    const start = performance.now();
    while (!isOver && performance.now() - start < 10_000) {
      await client.send(data);
    }
    assert(isOver);
    await receiving;
  },
);

eachTransport(
  "sendMany() of very many datagrams lets timers fire meanwhile",
  async ({ bind, connect }) => {
    using server = await bind();
    using client = await connect(server.localAddr);
    const datagrams = Array(60_000).fill(new Uint8Array(64));
    await assertFair(async () => {
      assertEquals(await client.sendMany(datagrams), datagrams.length);
    });
  },
  "real time",
);

eachTransport(
  "receiveInto() and receiveBatch() of what is there let timers fire",
  async ({ bind, connect }) => {
    using server = await bind();
    using client = await connect(server.localAddr);
    const some = Array.from({ length: 32 }, () => bytes("datagram"));
    const buffer = new Uint8Array(64);
    await assertFair(async (isOver) => {
      while (!isOver()) {
        await client.sendMany(some);
        for (let i = 0; i < some.length; i++) await server.receiveInto(buffer);
      }
    });
    await assertFair(async (isOver) => {
      while (!isOver()) {
        await client.sendMany(some);
        for (let got = 0; got < some.length;) {
          got += (await server.receiveBatch(64)).length;
        }
      }
    });
  },
  "real time",
);

eachTransport(
  "send() in a loop lets another socket be answered",
  async ({ bind, connect }) => {
    using sink = await bind();
    using flood = await connect(sink.localAddr);
    using server = await bind();
    using client = await connect(server.localAddr);
    let answers = 0;
    const echo = (async () => {
      for await (const { data, address } of server) {
        await server.sendTo(data, address);
      }
    })();
    const asking = (async () => {
      for (; answers < 5; answers++) {
        await client.send(bytes("ping"));
        await client.receive();
      }
    })();
    const start = performance.now();
    const data = new Uint8Array(64);
    while (answers < 5 && performance.now() - start < 10_000) {
      await flood.send(data);
    }
    assertEquals(answers, 5);
    await asking;
    server.close();
    await echo;
  },
);
