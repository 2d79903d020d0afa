/**
 * Work that a simulation has to do within seconds of real time, in a small version: what
 * counts is how many events it takes and how much is kept, which is the same everywhere.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Network, simulate } from "@berkeley/sockets/testing";

const HOUR = 3_600_000;

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<unknown>): void {
  Deno.test({ name, permissions: "none", fn: async () => void await fn() });
}

/** An hour in which a client does nothing, and the server waits for it. */
async function idleHour(network: Network): Promise<void> {
  await network.host("server").serveTcp(
    { port: 7, idleTimeout: HOUR },
    async (conn) => {
      await conn.readLine();
    },
  );
  const client = network.host("client");
  using conn = await client.connectTcp({ hostname: "server", port: 7 });
  assertEquals(await conn.readLine(), null);
  assert(network.now >= HOUR);
}

test("an hour of idle timeout takes few events, with one client or a hundred", async () => {
  await simulate({ maxEvents: 200 }, idleHour);
  await simulate({ maxEvents: 10_000 }, async (network) => {
    await network.host("server").serveTcp(
      { port: 7, idleTimeout: HOUR },
      async (conn) => {
        await conn.readLine();
      },
    );
    const clients = Array.from(
      { length: 100 },
      (_, i) => network.host(`client${i}`),
    );
    await Promise.all(clients.map(async (client) => {
      using conn = await client.connectTcp({ hostname: "server", port: 7 });
      assertEquals(await conn.readLine(), null);
    }));
    assert(network.now >= HOUR && network.now < 2 * HOUR);
  });
});

test("a hundred hosts that all greet each other take a few events each", async () => {
  const count = 30; // 100 in the figures
  let greetings = 0;
  await simulate({ maxEvents: count * count * 30 }, async (network) => {
    const hosts = Array.from(
      { length: count },
      (_, i) => network.host(`host${i}`),
    );
    await Promise.all(
      hosts.map((host) =>
        host.serveTcp({ port: 7 }, async (conn) => {
          await conn.send(`${await conn.readLine()} from ${host.name}\n`);
        })
      ),
    );
    await Promise.all(
      hosts.flatMap((from) =>
        hosts.map(async ({ name: hostname }) => {
          using conn = await from.connectTcp({ hostname, port: 7 });
          await conn.send("hello\n");
          assertEquals(await conn.readLine(), `hello from ${hostname}`);
          greetings++;
        })
      ),
    );
  });
  assertEquals(greetings, count * count);
});

test("datagrams take two events each, and the trace stays bounded", async () => {
  const count = 20_000; // a million in the figures
  const maxTrace = 1000;
  let trace: Network["trace"] | undefined;
  await simulate({ maxTrace, maxEvents: count * 4 }, async (network) => {
    trace = network.trace;
    const receiver = await network.host("receiver").bindUdp({ port: 7 });
    const sender = await network.host("sender").connectUdp({
      hostname: "receiver",
      port: 7,
    });
    let received = 0;
    const receiving = (async () => {
      for await (const _ of receiver) if (++received === count) break;
    })();
    const datagram = new Uint8Array(64);
    for (let i = 0; i < count; i++) await sender.send(datagram);
    await receiving;
    assertEquals([received, receiver.dropped], [count, 0]);
  });
  assertEquals(trace?.length, maxTrace);
  assert(trace!.omitted >= count - maxTrace);
});

test("a simulation ends at the limit of its events and of its time", async () => {
  await assertRejects(
    () => simulate({ maxEvents: 5 }, idleHour),
    Error,
    "maxEvents",
  );
  await assertRejects(
    () => simulate({ maxTime: HOUR / 2 }, idleHour),
    Error,
    "maxTime",
  );
});
