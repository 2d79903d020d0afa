/** `exchange()` over links that lose, double and delay datagrams, in virtual time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { SocketError, TimedOutError } from "@berkeley/sockets/errors";
import {
  explore,
  type Host,
  type LinkOptions,
  type Network,
} from "@berkeley/sockets/testing";
import { assertAbout, test, timed } from "./_twins.ts";

const PORT = 7;

/** Answers each datagram with itself, and counts them. */
function startEcho(host: Host): { count: number } {
  const stats = { count: 0 };
  host.start(async () => {
    using socket = await host.bindUdp({ port: PORT });
    for await (const { data, address } of socket) {
      stats.count++;
      await socket.sendTo(data, address);
    }
  });
  return stats;
}

async function setUp(network: Network, link: LinkOptions = {}) {
  const server = network.host("server");
  const client = network.host("client");
  network.link(client, server, link);
  const stats = startEcho(server);
  const where = { hostname: "server", port: PORT, family: 4 as const };
  const socket = await client.connectUdp(where);
  return { server, client, socket, stats };
}

const HELLO = new TextEncoder().encode("hello");

test("exchange() sends again after 1 s, and after 2 s more", async (network) => {
  const { client, server, socket, stats } = await setUp(network, {
    latency: 10,
  });
  network.partition(client, server);
  setTimeout(() => network.heal(client, server), 2000);
  const [{ data }, time] = await timed(() => socket.exchange(HELLO));
  assertEquals(data, HELLO);
  assertEquals(stats.count, 1);
  assert(time > 3000 && time < 3100, `${time}`);
});

test("exchange() fails with ETIMEDOUT after 1, 2 and 4 s without an answer", async (network) => {
  const { client, server, socket } = await setUp(network);
  network.partition(client, server);
  const [error, time] = await timed(() =>
    assertRejects(() => socket.exchange(HELLO), TimedOutError)
  );
  assertEquals(error.code, "ETIMEDOUT");
  assertAbout(time, 7000, 10);
});

test("exchange() takes the answer to an earlier attempt, and drops what does not match", async (network) => {
  const { socket, stats } = await setUp(network, { latency: 700 });
  const match = (data: Uint8Array) => data.length === 5;
  await socket.send(new Uint8Array(3));
  const [{ data }, time] = await timed(() => socket.exchange(HELLO, { match }));
  assertEquals(data, HELLO);
  assert(time > 1400 || time < 1410, `${time}`);
  assertEquals(stats.count, 2); // the second attempt is on its way
});

test("exchange() waits for a server that starts later, and fails if none does", async (network) => {
  const server = network.host("server");
  const client = network.host("client");
  const where = { hostname: "server", port: PORT, family: 4 as const };
  const socket = await client.connectUdp(where);
  const [error] = await timed(() =>
    assertRejects(() => socket.exchange(HELLO), SocketError)
  );
  assertEquals(error.code, "ECONNREFUSED");
  setTimeout(() => startEcho(server), 2000);
  const { data } = await socket.exchange(HELLO);
  assertEquals(data, HELLO);
});

Deno.test({
  name:
    "exchange() gets its answer, however datagrams are lost, doubled and delayed",
  permissions: "none",
  fn: () => {
    const link = {
      latency: 20,
      jitter: 30,
      loss: 0.3,
      duplicate: 0.2,
      reorder: 0.2,
    };
    return explore({ runs: 50, link }, async (network) => {
      const { socket } = await setUp(network);
      for (let i = 0; i < 10; i++) {
        const question = new Uint8Array([i]);
        const { data } = await socket.exchange(question, {
          timeout: 100,
          attempts: 20,
          backoff: 1,
          match: ([first]) => first === i,
        });
        assertEquals(data, question);
      }
    });
  },
});
