/**
 * What connecting does when a network is slow or broken: on real networks it takes
 * seconds, namespaces or luck. All times are virtual.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  HostUnreachableError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import type { Network } from "@berkeley/sockets/testing";
import { assertAbout, test, timed } from "./_twins.ts";

const PORT = 80;
const V6 = "2001:db8::1";
const V4 = "192.0.2.1";

/** A client, and a name with an address of each family, which different hosts have. */
async function twoFamilies(
  network: Network,
  latencies: { v6?: number; v4?: number },
) {
  const client = network.host("client", {
    addresses: ["2001:db8::100", "192.0.2.100"],
  });
  network.dns.set("site.test", { addresses: [V6, V4] });
  const { v6, v4 } = latencies;
  for (
    const [name, address, latency] of [["six", V6, v6], [
      "four",
      V4,
      v4,
    ]] as const
  ) {
    if (latency === undefined) continue;
    const host = network.host(name, { addresses: [address] });
    network.link(client, host, { latency });
    await host.listenTcp({ hostname: address, port: PORT });
  }
  await client.getAddrInfo("site.test", PORT); // cached from now on
  return client;
}

const TARGET = { hostname: "site.test", port: PORT };

test("connectTcp() uses IPv6 alone if it answers within 250 ms", async (network) => {
  const client = await twoFamilies(network, { v6: 100, v4: 1 });
  const [conn, time] = await timed(() => client.connectTcp(TARGET));
  assertEquals(conn.remoteAddr.hostname, V6);
  assertAbout(time, 200);
  await network.sleep(1000);
  assertEquals(
    /client > four/.test(`${network.trace}`),
    false,
    "not even tried",
  );
});

test("connectTcp() uses IPv4 250 ms later if IPv6 is slow, and drops the late one", async (network) => {
  const client = await twoFamilies(network, { v6: 400, v4: 10 });
  const [conn, time] = await timed(() => client.connectTcp(TARGET));
  assertEquals(conn.remoteAddr.hostname, V4);
  assertAbout(time, 250 + 20);
  await network.sleep(5000);
  await conn.send("still open\n");
});

test("connectTcp() uses IPv4 250 ms later if IPv6 is dead", async (network) => {
  const client = await twoFamilies(network, { v4: 10 });
  const [conn, time] = await timed(() => client.connectTcp(TARGET));
  assertEquals(conn.remoteAddr.hostname, V4);
  assertAbout(time, 250 + 20);
});

test("connectTcp() uses IPv4 at once if IPv6 is refused", async (network) => {
  const client = await twoFamilies(network, { v6: 30, v4: 10 });
  await client.connectTcp(TARGET);
  const six = { hostname: V6, port: PORT + 1 };
  await assertRejects(
    () => client.connectTcp(six),
    SocketError,
    "ECONNREFUSED",
  );
  const four = network.host("other", { addresses: ["192.0.2.2"] });
  network.link(client, four, { latency: 10 });
  await four.listenTcp({ port: PORT + 1 });
  network.dns.set("half.test", { addresses: [V6, "192.0.2.2"] });
  await client.getAddrInfo("half.test", PORT);
  const target = { hostname: "half.test", port: PORT + 1 };
  const [conn, time] = await timed(() => client.connectTcp(target));
  assertEquals(conn.remoteAddr.hostname, "192.0.2.2");
  assertAbout(time, 2 * 30 + 2 * 10);
});

test("attemptDelay sets how much later the next address is tried", async (network) => {
  const client = await twoFamilies(network, { v4: 10 });
  for (const attemptDelay of [0, 1000]) {
    const [, time] = await timed(() =>
      client.connectTcp({ ...TARGET, attemptDelay })
    );
    assertAbout(time, attemptDelay + 20);
  }
});

test("connectTcp() to an address that no host has fails with EHOSTUNREACH after 3 s", async (network) => {
  const client = network.host("client");
  const target = { hostname: "10.0.0.99", port: PORT };
  const [error, time] = await timed(() =>
    assertRejects(() => client.connectTcp(target), HostUnreachableError)
  );
  assertEquals(error.code, "EHOSTUNREACH");
  assert(time > 2900 && time < 3200, `${time}`);
});

test("connectTcp() to a black hole fails with ETIMEDOUT: after its timeout, or Linux' 127 s", async (network) => {
  const client = network.host("client");
  const server = network.host("server");
  await server.listenTcp({ port: PORT });
  await client.getAddrInfo("server", PORT);
  network.partition(client, server);
  const target = { hostname: "server", port: PORT, family: 4 as const };
  for (const timeout of [0, 20, 30_000]) {
    const [error, time] = await timed(() =>
      assertRejects(
        () => client.connectTcp({ ...target, timeout }),
        TimedOutError,
      )
    );
    assertEquals(error.code, "ETIMEDOUT");
    assertAbout(time, timeout);
  }
  const [error, time] = await timed(() =>
    assertRejects(() => client.connectTcp(target), TimedOutError)
  );
  assertEquals(error.code, "ETIMEDOUT");
  assertAbout(time, 127_000); // SYN, and again after 1, 2, 4, 8, 16 and 32 s
});

test("connectTcp() gets through when the black hole heals", async (network) => {
  const client = network.host("client");
  const server = network.host("server");
  await server.listenTcp({ port: PORT });
  network.partition(client, server);
  setTimeout(() => network.heal(client, server), 10_000);
  const target = { hostname: "server", port: PORT, family: 4 as const };
  const [, time] = await timed(() => client.connectTcp(target));
  assert(time > 15_000 && time < 15_100, `${time}`); // the SYN of 1+2+4+8 s
});

test("serveTcp() answers all clients with fewer maxConnections and a short backlog", async (network) => {
  const host = network.host("server");
  let most = 0;
  const server = await host.serveTcp({
    port: PORT,
    backlog: 8,
    maxConnections: 2,
  }, async (conn) => {
    most = Math.max(most, server.stats.active);
    const line = await conn.readLine();
    await network.sleep(10);
    await conn.send(`${line}\n`);
  });
  const client = network.host("client");
  const ask = async (i: number) => {
    await network.sleep(i);
    using conn = await client.connectTcp({
      hostname: "server",
      port: PORT,
      family: 4,
    });
    await conn.send(`client ${i}\n`);
    return await conn.readLine();
  };
  const [answers, time] = await timed(() =>
    Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)))
  );
  assertEquals(answers, answers.map((_, i) => `client ${i}`));
  assertEquals(most, 2);
  // The first packets of most are dropped, and come again after 1, 3, 7 … seconds.
  assert(time > 1000, `${time}`);
});

test("listenTcp() keeps one client more than its backlog waiting, as Linux does", async (network) => {
  const host = network.host("server");
  using listener = await host.listenTcp({ port: PORT, backlog: 4 });
  const client = network.host("client");
  const target = { hostname: "server", port: PORT, family: 4 as const };
  const waiting = [];
  for (let i = 0; i < 5; i++) waiting.push(await client.connectTcp(target));
  const [, time] = await timed(() =>
    assertRejects(
      () => client.connectTcp({ ...target, timeout: 900 }),
      TimedOutError,
    )
  );
  assertAbout(time, 900); // dropped, not refused
  const late = client.connectTcp(target);
  for (const conn of waiting) {
    const accepted = await listener.accept();
    assertEquals(accepted.remoteAddr, conn.localAddr);
  }
  const [accepted, conn] = await Promise.all([listener.accept(), late]);
  assertEquals(accepted.remoteAddr, conn.localAddr);
});

test("a name that gets another address is found there once its TTL has passed", async (network) => {
  const client = network.host("client");
  for (const name of ["one", "two"]) {
    const host = network.host(name);
    await host.serveTcp({ port: PORT }, (conn) => conn.send(`${name}\n`));
  }
  const ask = async () => {
    using conn = await client.connectTcp({ hostname: "site.test", port: PORT });
    return await conn.readLine();
  };
  network.dns.set("site.test", { addresses: ["10.0.0.2"], ttl: 60_000 });
  assertEquals(await ask(), "one");
  network.dns.set("site.test", { addresses: ["10.0.0.3"], ttl: 60_000 });
  await network.sleep(59_000);
  assertEquals(await ask(), "one");
  await network.sleep(2000);
  assertEquals(await ask(), "two");
});

test("a failure of the DNS is reported, and a slow answer is waited for", async (network) => {
  const client = network.host("client");
  const server = network.host("server");
  await server.listenTcp({ port: PORT });
  const target = { hostname: "site.test", port: PORT };
  network.dns.set("site.test", { addresses: ["10.0.0.2"] });
  network.dns.fail("site.test", "SERVFAIL");
  await assertRejects(() => client.connectTcp(target), Error, "EAI_AGAIN");
  network.dns.fail("site.test", "timeout");
  const [error, time] = await timed(() =>
    assertRejects(
      () => client.connectTcp({ ...target, timeout: 1500 }),
      TimedOutError,
    )
  );
  assertEquals(error.code, "ETIMEDOUT");
  assertAbout(time, 1500);
  network.dns.recover("site.test");
  network.dns.delay(700);
  const [, slow] = await timed(() => client.connectTcp(target));
  assert(slow > 700 && slow < 800, `${slow}`);
});
