import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { simulate } from "../../../testing/mod.ts";

Deno.test("partition() makes connects time out and heal() ends it", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using listener = await b.listenTcp({ port: 80 });
    const connect = () =>
      a.connectTcp({ hostname: "10.0.0.2", port: 80, timeout: 2000 });
    network.partition([a], [b]);
    await assertRejects(connect, Error, "ETIMEDOUT");
    network.heal(a);
    using conn = await connect();
    using accepted = await listener.accept();
    assertEquals(accepted.remoteAddr, conn.localAddr);
  }));

Deno.test("a partition of an open connection only delays what it sends", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using listener = await b.listenTcp({ port: 80 });
    using conn = await a.connectTcp({ hostname: "b", port: 80 });
    using accepted = await listener.accept();
    network.partition(a);
    await conn.send("late\n");
    await network.sleep(5000);
    assertEquals(accepted.buffered, 0);
    network.heal();
    assertEquals(await accepted.readLine(), "late");
  }));

Deno.test("partition() with oneWay cuts one direction only", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using from = await a.bindUdp({ hostname: "10.0.0.1" });
    using to = await b.bindUdp({ hostname: "10.0.0.2" });
    network.partition(a, b, { oneWay: true });
    await from.sendTo("lost", to.localAddr);
    await to.sendTo("heard", from.localAddr);
    const { data } = await from.receive();
    assertEquals(new TextDecoder().decode(data), "heard");
    await assertRejects(() => to.receive({ timeout: 10 }), Error, "ETIMEDOUT");
  }));

Deno.test("crash() leaves real work of the host's programs pending", () =>
  simulate(async (network) => {
    const host = network.host("a");
    const ended: string[] = [];
    host.start(async () => {
      await network.real(() => {});
      ended.push("first");
      await Promise.race([
        network.real(() => Promise.reject(new Error("of a crashed host"))),
        crypto.subtle.digest("SHA-256", new Uint8Array(9)),
      ]);
      ended.push("second");
    });
    while (ended.length === 0) await Promise.resolve();
    host.crash();
    await network.sleep(1000);
    assertEquals(ended, ["first"]);
  }));

Deno.test("crash() leaves pending calls of the host's programs pending", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    const log: string[] = [];
    a.start(async (host) => {
      log.push("start");
      setInterval(() => log.push("tick"), 1000);
      using listener = await host.listenTcp({ port: 80 });
      try {
        await listener.accept({ timeout: 10_000 });
      } finally {
        log.push("settled");
      }
    });
    await network.sleep(2500);
    a.crash();
    await network.sleep(60_000);
    assertEquals(log, ["start", "tick", "tick"]);
    a.restart();
    await network.sleep(1500);
    assertEquals(log, ["start", "tick", "tick", "start", "tick"]);
    using _ = await b.connectTcp({ hostname: "a", port: 80 });
    await network.sleep(1);
    assertEquals(log.at(-1), "settled");
  }));

Deno.test("a program that was stopped cannot use its host any more", () =>
  simulate(async (network) => {
    const host = network.host("a");
    let proceed = () => {};
    const log: string[] = [];
    host.start(async ({ bindUdp }) => {
      await new Promise<void>((resolve) => proceed = resolve);
      log.push("resumed");
      await bindUdp();
      log.push("bound");
    });
    host.restart();
    const second = proceed;
    host.shutdown();
    second();
    await network.sleep(1000);
    assertEquals(log, ["resumed"]);
    await assertRejects(
      () => host.bindUdp(),
      Error,
      'Cannot use host "a": it is down; call restart() first',
    );
  }));

Deno.test("shutdown() resets connections and refuses new ones until restart()", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    b.start(async (host) => {
      const listener = await host.listenTcp({ port: 80 });
      for await (const conn of listener) await conn.send("hello\n");
    });
    await network.sleep(1);
    const connect = () =>
      a.connectTcp({ hostname: "10.0.0.2", port: 80, timeout: 1000 });
    using conn = await connect();
    assertEquals(await conn.readLine(), "hello");
    b.shutdown();
    await assertRejects(() => conn.readLine(), Error, "ECONNRESET");
    await assertRejects(connect, Error, "ECONNREFUSED");
    b.restart();
    await network.sleep(1);
    using again = await connect();
    assertEquals(await again.readLine(), "hello");
  }));

Deno.test("a program that rejects fails the simulation and names the host", async () => {
  const error = await assertRejects(
    () =>
      simulate(async (network) => {
        network.host("db").start(() => Promise.reject(new Error("no disk")));
        await network.sleep(1000);
      }),
    Error,
    "no disk",
  );
  assert(/db/.test(error.message), error.message);
});

Deno.test("a host that is down starts its programs when it restarts", () =>
  simulate(async (network) => {
    const host = network.host("a");
    let starts = 0;
    host.crash();
    host.start(() => void starts++);
    await network.sleep(1);
    assertEquals([starts, host.isUp], [0, false]);
    host.restart();
    assertEquals([starts, host.isUp], [1, true]);
  }));

Deno.test("maxSockets makes the next socket fail with EMFILE", () =>
  simulate(async (network) => {
    const host = network.host("a", { maxSockets: 2 });
    using _listener = await host.listenTcp({ port: 80 });
    const socket = await host.bindUdp();
    await assertRejects(() => host.bindUdp(), Error, "EMFILE");
    await assertRejects(
      () => host.connectTcp({ hostname: "10.0.0.1", port: 80 }),
      Error,
      "EMFILE",
    );
    socket.close();
    using _socket = await host.bindUdp();
  }));

Deno.test("an address that no host has is unreachable, and a missing family at once", () =>
  simulate(async (network) => {
    const host = network.host("a", { addresses: ["192.168.1.1/24"] });
    const start = network.now;
    await assertRejects(
      () => host.connectTcp({ hostname: "192.168.1.77", port: 80 }),
      Error,
      "EHOSTUNREACH",
    );
    assert(network.now - start >= 3000);
    await assertRejects(
      () => host.connectTcp({ hostname: "fd00::1", port: 80 }),
      Error,
      "ENETUNREACH",
    );
    assert(network.now - start < 3010);
  }));

Deno.test("setAddresses() moves a host, in the DNS as well", () =>
  simulate(async (network) => {
    const client = network.host("client", { resolver: { cache: false } });
    const server = network.host("server", { addresses: ["10.1.0.1"] });
    server.start(async (host) => {
      await host.serveTcp({ port: 80 }, (conn) => conn.send("hello\n"));
    });
    await network.sleep(1);
    const ask = async () => {
      const to = { hostname: "server", port: 80, timeout: 10_000 };
      using conn = await client.connectTcp(to);
      return [conn.remoteAddr.hostname, await conn.readLine()];
    };
    assertEquals(await ask(), ["10.1.0.1", "hello"]);
    server.setAddresses(["10.1.0.2/16", "fd00::77"]);
    assertEquals(await ask(), ["10.1.0.2", "hello"]);
    await assertRejects(
      () => client.connectTcp({ hostname: "10.1.0.1", port: 80 }),
      Error,
      "EHOSTUNREACH",
    );
    const name = await client.getNameInfo({ hostname: "fd00::77", port: 80 });
    assertEquals(name, { hostname: "server", service: "http" });
  }));

Deno.test("host() refuses names and addresses that a host cannot have", () =>
  simulate((network) => {
    network.host("a");
    for (
      const name of [
        "",
        "a b",
        "-x",
        "x..y",
        "10.0.0.1",
        "localhost",
        "x.invalid",
      ]
    ) {
      assertThrows(() => network.host(name), SyntaxError, "Cannot");
    }
    assertThrows(
      () => network.host("A"),
      RangeError,
      "another one has the name",
    );
    assertThrows(() => network.host(5 as never), TypeError, "must be a string");
    for (
      const [address, kind] of [
        ["10.0.0.1", RangeError],
        ["127.0.0.1", RangeError],
        ["224.0.0.1", RangeError],
        ["::", RangeError],
        ["fe80::1%1", RangeError],
        ["10.0.0.300", SyntaxError],
        [7, TypeError],
      ] as const
    ) {
      const options = { addresses: [address as string] };
      assertThrows(() => network.host("b", options), kind, "Cannot");
    }
    for (
      const options of [
        { maxSockets: -1 },
        { resolver: { timeout: -1 } },
      ]
    ) assertThrows(() => network.host("b", options), RangeError);
    assertThrows(
      () => network.host("b", { addresses: "x" as never }),
      TypeError,
    );
    assertThrows(() => network.host("b", null as never), TypeError);
    // Nothing of the refused hosts is left.
    assertEquals(network.host("b").addresses, ["10.0.0.2", "fd00::2"]);
  }));

Deno.test("link() refuses wrong options and changes nothing then", () =>
  simulate((network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    for (
      const options of [
        { latency: -1 },
        { latency: Infinity },
        { jitter: NaN },
        { bandwidth: 0 },
        { queue: -1 },
        { loss: 1.5 },
        { duplicate: -0.1 },
        { reorder: 2 },
        { mtu: 60 },
        { mtu: 1.5 },
      ]
    ) {
      const both = { latency: 1, ...options };
      assertThrows(() => network.link(a, b, both), RangeError, "Cannot use");
    }
    assertThrows(() => network.link(a, b, { loss: "1" as never }), TypeError);
    assertThrows(() => network.link(a, b, { oneWay: 1 as never }), TypeError);
    assertThrows(
      () => network.link(a, {} as never, {}),
      TypeError,
      "host of this",
    );
    assertThrows(
      () => network.partition("a" as never, b),
      TypeError,
      "host of this",
    );
    assertThrows(() => network.partition(a, [a]), RangeError, "to itself");
    assertThrows(() => network.link(b, b, {}), RangeError, "to itself");
    assertThrows(() => network.chance(2), RangeError);
    assertThrows(() => network.chance(0.5, 1 as never), TypeError);
    assertThrows(() => network.note(undefined as never), TypeError);
  }));

Deno.test("link() changes only the options that it names", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using from = await a.bindUdp({ hostname: "10.0.0.1" });
    using to = await b.bindUdp({ hostname: "10.0.0.2" });
    network.link(a, b, { latency: 100 });
    network.link(a, b, { jitter: 0, loss: undefined, oneWay: true });
    const start = network.now;
    await from.sendTo("x", to.localAddr);
    await to.receive();
    assertEquals(Math.round(network.now - start), 100);
  }));

Deno.test("network.random refuses ranges that hold nothing", () =>
  simulate(({ random }) => {
    assertEquals(random.integer(-3, -3), -3);
    assertEquals(random.pick(["only"]), "only");
    assertEquals(random.bytes(3).length, 3);
    for (
      const call of [
        () => random.integer(5, 1),
        () => random.integer(0.5, 1),
        () => random.integer(0, NaN),
        () => random.pick([]),
        () => random.bytes(-1),
      ]
    ) assertThrows(call, RangeError, "Cannot");
  }));

Deno.test("chance() follows the seed, has a name, and can be left out", async () => {
  const draw = (seed: number, faults?: readonly string[]) =>
    simulate({ seed, faults }, (network) => ({
      happens: Array.from({ length: 20 }, () => network.chance(0.3, "fire")),
      numbers: Array.from({ length: 3 }, () => network.random.next()),
      faults: network.faults,
    }));
  const first = await draw(1);
  assertEquals(await draw(1), first);
  assert((await draw(2)).happens.join() !== first.happens.join());
  assertEquals(
    first.faults,
    first.happens.flatMap((happens, i) => happens ? [`fire ${i + 1}`] : []),
  );
  const one = await draw(1, first.faults.slice(1, 2));
  assertEquals(one.faults, first.faults.slice(1, 2));
  assertEquals(one.happens.filter((happens) => happens).length, 1);
  assertEquals(one.numbers, first.numbers);
});

for (
  const { name, link } of [
    { name: "loss", link: { loss: 0.1 } },
    { name: "duplicate", link: { duplicate: 0.2 } },
    { name: "reorder", link: { reorder: 0.2, latency: 5 } },
    { name: "jitter", link: { jitter: 20 } },
    { name: "bandwidth", link: { bandwidth: 1e6, queue: 20_000 } },
    { name: "a small MTU", link: { mtu: 200 } },
    {
      name: "all of it",
      link: {
        ...{ loss: 0.05, duplicate: 0.05, reorder: 0.05, jitter: 5 },
        ...{ bandwidth: 2e6, queue: 50_000, mtu: 700 },
      },
    },
  ]
) {
  Deno.test(`a TCP connection delivers all bytes in order in spite of ${name}`, () =>
    simulate({ link }, async (network) => {
      const [a, b] = [network.host("a"), network.host("b")];
      const sent = network.random.bytes(100_000);
      using listener = await b.listenTcp({ port: 80 });
      using conn = await a.connectTcp({ hostname: "10.0.0.2", port: 80 });
      using accepted = await listener.accept();
      const sending = conn.send(sent).then(() => conn.closeWrite());
      const received = await accepted.readExact(sent.length);
      await sending;
      assertEquals(await accepted.read(new Uint8Array(1)), null);
      assert(received.every((byte, i) => byte === sent[i]));
      if (link.bandwidth !== undefined) {
        assert(network.now >= sent.length / link.bandwidth * 1000);
      }
      const kinds = new Set(network.faults.map((fault) => fault.split(" ")[1]));
      for (const kind of ["loss", "duplicate", "reorder"] as const) {
        const happens = kind in link;
        assertEquals(kinds.has(kind === "loss" ? "drop" : kind), happens, kind);
      }
    }));
}

Deno.test("hold() stops a connection and release() continues it without a loss", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    using listener = await b.listenTcp({ port: 80 });
    using conn = await a.connectTcp({ hostname: "b", port: 80 });
    using accepted = await listener.accept();
    network.hold(a, b);
    await conn.send("held\n");
    await network.sleep(100);
    assertEquals(accepted.buffered, 0);
    network.release();
    assertEquals(await accepted.readLine({ timeout: 10 }), "held");
    assertEquals([...network.trace].filter(({ isLost }) => isLost), []);
  }));

Deno.test("a host that waits forever is named in the error of the simulation", async () => {
  await assertRejects(
    () =>
      simulate(async (network) => {
        const host = network.host("db");
        host.start(async ({ listenTcp }) => {
          await (await listenTcp({ port: 1 })).accept();
        });
        network.host("gone").crash();
        await new Promise(() => {});
      }),
    Error,
    'host "db" has 1 running program and 1 open socket',
  );
});
