/**
 * How servers and connections end when peers are idle, slow or gone: hours of waiting, in
 * virtual time.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  ConnectionResetError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import type { TcpConn, TcpServer } from "@berkeley/sockets/tcp";
import type { Host, Network } from "@berkeley/sockets/testing";
import { assertAbout, test, timed } from "./_twins.ts";

const PORT = 80;
const HOUR = 3_600_000;
const TARGET = { hostname: "server", port: PORT, family: 4 } as const;

/** Two connected ends on two hosts. */
async function pairOf(
  network: Network,
  options: { keepAlive?: number } = {},
): Promise<[client: TcpConn, server: TcpConn]> {
  const [client, server] = [network.host("client"), network.host("server")];
  using listener = await server.listenTcp({ port: PORT });
  return await Promise.all([
    client.connectTcp({ ...TARGET, ...options }),
    listener.accept(),
  ]);
}

/** The hosts of `pairOf`. */
function hostsOf(network: Network): [client: Host, server: Host] {
  const [client, server] = network.hosts;
  return [client!, server!];
}

test("serveTcp() closes a connection after an hour without a byte, and no busy one", async (network) => {
  const server = await network.host("server").serveTcp(
    { port: PORT, idleTimeout: HOUR },
    async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}!\n`);
    },
  );
  const client = network.host("client");
  const idle = await client.connectTcp(TARGET);
  const busy = await client.connectTcp(TARGET);
  const chatting = (async () => {
    for (let i = 0; i < 10; i++) {
      await network.sleep(HOUR / 2);
      await busy.send(`${i}\n`);
      assertEquals(await busy.readLine(), `${i}!`);
    }
  })();
  const [end, time] = await timed(() => idle.readLine());
  assertEquals(end, null);
  assertAbout(time, HOUR);
  await chatting;
  assertEquals(server.stats.idled, 1);
  const [, rest] = await timed(() => busy.readLine());
  assert(rest > HOUR - 5 && rest < 1.3 * HOUR, `${rest}`); // looked at four times an hour
  assertEquals(server.stats.idled, 2);
});

test("a handler that works on after its connection ended is not idle", async (network) => {
  const errors: unknown[] = [];
  const server = await network.host("server").serveTcp({
    port: PORT,
    idleTimeout: 10,
    onError: (error) => errors.push(error),
  }, async (conn) => {
    conn.close();
    await network.sleep(HOUR);
    throw new Error("boom");
  });
  const client = network.host("client");
  const conn = await client.connectTcp(TARGET);
  assertEquals(await conn.readLine(), null);
  await network.sleep(2 * HOUR);
  const { failed, idled } = server.stats;
  assertEquals({ failed, idled }, { failed: 1, idled: 0 });
  assertEquals(errors.length, 1);
});

test("a handler can shut its own server down, although another never ends", async (network) => {
  const host = network.host("server");
  const server: TcpServer = await host.serveTcp(
    { port: PORT },
    async (conn) => {
      if (await conn.readLine() !== "quit") return new Promise(() => {});
      await server.shutdown({ timeout: HOUR });
    },
  );
  const client = network.host("client");
  const stuck = await client.connectTcp(TARGET);
  const quitting = await client.connectTcp(TARGET);
  await stuck.send("stay\n");
  await quitting.send("quit\n");
  const [ends, time] = await timed(() =>
    Promise.all([stuck.readLine(), quitting.readLine()])
  );
  assertEquals(ends, [null, null]);
  assert(time >= HOUR && time < HOUR + 5000, `${time}`);
  await network.sleep(5000); // in which the handlers end
  assertEquals(server.stats.active, 1); // the one that never ends
});

test("shutdown({ timeout }) ends what a peer does not read", async (network) => {
  const errors: unknown[] = [];
  const server = await network.host("server").serveTcp(
    { port: PORT, onError: (error) => errors.push(error) },
    async (conn) => {
      await conn.writeAll(new Uint8Array(10_000_000));
    },
  );
  const client = network.host("client");
  const conn = await client.connectTcp(TARGET);
  await conn.peek(1);
  const [, time] = await timed(() => server.shutdown({ timeout: 30_000 }));
  assert(time >= 30_000 && time < 40_000, `${time}`);
  await assertRejects(async () => {
    const buffer = new Uint8Array(100_000);
    while (await conn.read(buffer) !== null);
  }, ConnectionResetError);
});

test("shutdown() waits for handlers on slow links, and refuses new clients", async (network) => {
  const host = network.host("server");
  const client = network.host("client");
  network.link(host, client, { bandwidth: 10_000 });
  const server = await host.serveTcp({ port: PORT }, async (conn) => {
    await conn.writeAll(new Uint8Array(1_000_000));
  });
  const conn = await client.connectTcp(TARGET);
  const [body, time] = await timed(async () => {
    const reading = conn.readExact(1_000_000);
    await conn.peek(1);
    const ending = server.shutdown();
    await network.sleep(10);
    await assertRejects(
      () => client.connectTcp(TARGET),
      SocketError,
      "ECONNREFUSED",
    );
    await ending;
    return await reading;
  });
  assertEquals(body.length, 1_000_000);
  assert(time > 100_000, `${time}`); // at 10 kB a second
  assertEquals(server.stats.failed, 0);
});

test("closeGracefully() gets the last byte over a link that loses packets", async (network) => {
  const [client, server] = await pairOf(network);
  network.link(...hostsOf(network), { loss: 0.2 });
  const reading = server.readExact(500_000).then(async (bytes) => {
    assertEquals(await server.readLine(), null);
    server.close();
    return bytes;
  });
  await client.send(new Uint8Array(500_000).fill(7));
  await client.closeGracefully({ timeout: HOUR });
  assertEquals((await reading).every((byte) => byte === 7), true);
});

test("closeGracefully() rejects after 5 s if the peer does not end its side", async (network) => {
  const [client, server] = await pairOf(network);
  await client.send("bye\n");
  const [error, time] = await timed(() =>
    assertRejects(() => client.closeGracefully(), TimedOutError)
  );
  assertEquals(error.code, "ETIMEDOUT");
  assertAbout(time, 5000);
  assertEquals(await server.readLine(), "bye");
});

test("keepAlive finds out that a peer is gone; without it a read waits on", async (network) => {
  const [client, server] = await pairOf(network, { keepAlive: 60_000 });
  network.partition(...hostsOf(network));
  const waiting = assertRejects(
    () => server.readLine({ timeout: 24 * HOUR - 1_000_000 }),
    TimedOutError,
  );
  const [error, time] = await timed(() =>
    assertRejects(() => client.readLine(), TimedOutError)
  );
  assertEquals(error.code, "ETIMEDOUT");
  assertAbout(time, 60_000 + 9 * 75_000, 1000); // Linux: 9 probes, 75 s apart
  server.close();
  await waiting.catch(() => {});
});

test("a write to a host that is not heard of any more fails with ETIMEDOUT after a quarter of an hour", async (network) => {
  const [client, server] = await pairOf(network);
  network.partition(...hostsOf(network));
  await client.send("are you there?\n");
  const [error, time] = await timed(() =>
    assertRejects(() => client.readLine(), TimedOutError)
  );
  assertEquals(error.code, "ETIMEDOUT");
  assert(time > 800_000 && time < 1_000_000, `${time}`); // Linux: about 924 s
  server.close();
});

test("a host that crashes and restarts resets connections that it does not know", async (network) => {
  const client = network.host("client");
  const server = network.host("server");
  let accepted = 0;
  server.start(async (host) => {
    await host.serveTcp({ port: PORT }, async (conn) => {
      accepted++;
      for await (const line of conn.lines()) await conn.send(`${line}!\n`);
    });
  });
  await network.sleep(1);
  const conn = await client.connectTcp(TARGET);
  await conn.send("one\n");
  assertEquals(await conn.readLine(), "one!");
  server.crash();
  await conn.send("two\n");
  await assertRejects(() => conn.readLine({ timeout: 10_000 }), TimedOutError);
  server.restart();
  await assertRejects(() => conn.readLine(), ConnectionResetError);
  const again = await client.connectTcp(TARGET);
  await again.send("three\n");
  assertEquals(await again.readLine(), "three!");
  assertEquals(accepted, 2);
});

test("close() lets go of many large sends, although the peer is slow", async (network) => {
  const client = network.host("client");
  const server = network.host("server");
  network.link(client, server, { bandwidth: 1_000_000 });
  using listener = await server.listenTcp({ port: PORT });
  const [near, far] = await Promise.all([
    client.connectTcp(TARGET),
    listener.accept(),
  ]);
  for (let i = 0; i < 30; i++) void near.send(new Uint8Array(100_000));
  near.close();
  await assertRejects(() => near.readLine(), ClosedError);
  assertEquals((await far.readExact(3_000_000)).length, 3_000_000);
  assertEquals(await far.readLine(), null);
});
