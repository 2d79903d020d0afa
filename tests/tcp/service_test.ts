/** connectTcp() and connectTls() find a service by its SRV records. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  AddrInfoError,
  type ConnectServiceOptions,
  connectTcp,
  connectTls,
  httpConnect,
  listenTcp,
  relay,
  Resolver,
  SocketError,
  type SrvRecord,
  TimedOutError,
} from "@berkeley/sockets";
import {
  explore,
  type Host,
  makeCertificate,
  type Network,
  simulate,
} from "@berkeley/sockets/testing";

const NAME = "_chat._tcp.example.test";

function srv(target: string, priority = 0, weight = 0, port = 7): SrvRecord {
  return { priority, weight, port, target };
}

/** A host that says its name to each client. */
async function serveName(network: Network, name: string): Promise<Host> {
  const host = network.host(name);
  await host.serveTcp({ port: 7 }, (conn) => conn.send(`${name}\n`));
  return host;
}

/** The name of the host that a client is connected to. */
async function nameOf(
  client: Host,
  options: Partial<ConnectServiceOptions> = {},
): Promise<string | null> {
  using conn = await client.connectTcp({ service: NAME, ...options });
  return await conn.readLine();
}

Deno.test("connectTcp() tries the targets of a service by priority", () =>
  simulate(async (network) => {
    const client = network.host("client");
    const hosts = [];
    for (const name of ["a", "b", "c"]) {
      hosts.push(await serveName(network, name));
    }
    network.dns.set(NAME, { srv: [srv("c", 30), srv("a", 10), srv("b", 20)] });
    assertEquals(await nameOf(client), "a");
    hosts[0]!.shutdown(); // refuses
    assertEquals(await nameOf(client), "b");
    hosts[1]!.crash(); // does not answer
    assertEquals(await nameOf(client), "c");
    assertEquals(await nameOf(client, { timeout: 10_000 }), "c");
    assertEquals(await nameOf(client, { service: `${NAME}.` }), "c");
  }));

Deno.test("connectTcp() draws among targets of one priority by weight", async () => {
  const counts: Record<string, number> = { heavy: 0, light: 0 };
  await explore({ runs: 20 }, async (network) => {
    const client = network.host("client");
    await serveName(network, "heavy");
    await serveName(network, "light");
    const records = [srv("light", 1, 10), srv("heavy", 1, 90)];
    network.dns.set(NAME, { srv: records });
    for (let i = 0; i < 5; i++) counts[(await nameOf(client))!]!++;
  });
  const { heavy, light } = counts;
  assert(heavy! > light! && light! > 0, JSON.stringify(counts));
});

Deno.test("connectTcp() goes on past targets that cannot be used", () =>
  simulate(async (network) => {
    const client = network.host("client");
    await serveName(network, "good");
    network.dns.fail("slow.test", "timeout");
    network.dns.set(NAME, {
      srv: [
        srv("unknown.test", 1),
        srv(".", 2),
        srv("good", 3, 0, 0), // port 0
        srv("good", 4, 0, 8), // where nothing listens
        srv("slow.test", 5),
        srv("good", 6),
      ],
    });
    assertEquals(await nameOf(client), "good");
  }));

Deno.test("connectTcp() lists the targets of a service that all fail", () =>
  simulate(async (network) => {
    const client = network.host("client");
    network.host("a");
    network.dns.set(NAME, { srv: [srv("nowhere.test", 1), srv("a", 2)] });
    const all = await assertRejects(
      () => client.connectTcp({ service: NAME }),
      SocketError,
      `Cannot connect to ${NAME}: nowhere.test:7 EAI_NONAME, a:7 ECONNREFUSED`,
    );
    assertEquals(all.code, "ECONNREFUSED");
    assertInstanceOf(all.cause, AggregateError);
    assertEquals(all.cause.errors.length, 2);

    network.dns.set("_one._tcp.test", { srv: [srv("a")] });
    await assertRejects(
      () => client.connectTcp({ service: "_one._tcp.test" }),
      SocketError,
      "Cannot connect to a:7",
    );
    network.dns.set("_lost._tcp.test", { srv: [srv("x.test"), srv("y.test")] });
    const lost = await assertRejects(
      () => client.connectTcp({ service: "_lost._tcp.test" }),
      AddrInfoError,
    );
    assertEquals(lost.code, "EAI_NONAME");
  }));

Deno.test("connectTcp() rejects if the domain has no such service", () =>
  simulate(async (network) => {
    const client = network.host("client");
    await serveName(network, "example.test"); // no fallback to its addresses
    network.dns.set(NAME, { srv: [srv(".")] });
    network.dns.set("_empty._tcp.test", { txt: [["no SRV"]] });
    const codes = [];
    for (const service of [NAME, "_empty._tcp.test", "_none._tcp.test"]) {
      const error = await assertRejects(
        () => client.connectTcp({ service }),
        AddrInfoError,
      );
      codes.push(error.code);
    }
    assertEquals(codes, ["EAI_SERVICE", "EAI_NODATA", "EAI_NONAME"]);
  }));

Deno.test("connectTcp() shares the time among the targets of a service", () =>
  simulate(async (network) => {
    const client = network.host("client");
    for (const name of ["a", "b", "c"]) network.host(name).crash();
    await serveName(network, "d");
    const records = ["a", "b", "c", "d"].map((name, i) => srv(name, i));
    network.dns.set(NAME, { srv: records });
    const start = network.now;
    assertEquals(await nameOf(client, { timeout: 20_000 }), "d");
    const took = network.now - start;
    assert(took > 14_000 && took < 16_000, `${took}`); // 3 of 4 shares

    await assertRejects(
      () => client.connectTcp({ hostname: "a", port: 7, timeout: 1000 }),
      TimedOutError,
      "Cannot connect to a:7: timed out",
    );

    // With less, each gets 2 seconds, and the last ones nothing.
    const error = await assertRejects(
      () => nameOf(client, { timeout: 5000 }),
      TimedOutError,
    );
    assertEquals(
      error.message,
      `Cannot connect to ${NAME}: timed out (ETIMEDOUT)`,
    );
    assert(network.now - start - took < 6600);
  }));

Deno.test("connectTcp() limits the look-up of a service by its deadline", () =>
  simulate(async (network) => {
    const client = network.host("client");
    await serveName(network, "a");
    network.dns.set(NAME, { srv: [srv("a")] });
    network.dns.delay(2000);
    const start = network.now;
    await assertRejects(() => nameOf(client, { timeout: 500 }), TimedOutError);
    assert(network.now - start < 700);
    await assertRejects(() => nameOf(client, { timeout: 0 }), TimedOutError);
    assertEquals(await nameOf(client, { timeout: 10_000 }), "a");
  }));

Deno.test("connectTcp() to a service ends when its signal aborts", () =>
  simulate(async (network) => {
    const client = network.host("client");
    network.host("a").crash();
    await serveName(network, "b");
    network.dns.set(NAME, { srv: [srv("a", 1), srv("b", 2)] });
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 1000);
    const { signal } = controller;
    const start = network.now;
    const [outcome] = await Promise.allSettled([nameOf(client, { signal })]);
    assert(outcome.status === "rejected");
    assertEquals(outcome.reason, reason);
    assert(network.now - start < 1100);
    await network.sleep(300_000); // no further target was tried
    assertEquals([...network.trace].filter(({ to }) => to === "b"), []);
  }));

Deno.test("connectTcp() connects to the targets of a service by the proxy", () =>
  simulate(async (network) => {
    const client = network.host("client");
    const gate = network.host("gate");
    await serveName(network, "b");
    const asked: string[] = [];
    await gate.serveTcp({ port: 80, onError: () => {} }, async (conn) => {
      const head = await conn.readUntil("\r\n\r\n");
      const [, target = ""] = new TextDecoder().decode(head!).split(" ");
      asked.push(target);
      const { hostname } = new URL(`http://${target}`);
      if (hostname !== "b") return await conn.send("HTTP/1.1 502 Gone\r\n\r\n");
      using far = await gate.connectTcp({ hostname, port: 7 });
      await conn.send("HTTP/1.1 200 OK\r\n\r\n");
      await relay(conn, far);
    });
    network.dns.set(NAME, { srv: [srv("a", 1), srv("b", 2)] });
    const proxy = httpConnect({ hostname: "gate", port: 80 });
    assertEquals(await nameOf(client, { proxy, timeout: 20_000 }), "b");
    assertEquals(asked, ["a:7", "b:7"]);
  }));

Deno.test("connectTls() verifies the domain of a service", () =>
  simulate(async (network) => {
    const client = network.host("client");
    const own = await makeCertificate({ names: ["example.test"] });
    const other = await makeCertificate({ names: ["imap.test"] });
    const serve = (port: number, { cert, key }: typeof own) =>
      network.host(`imap${port}`).serveTls(
        { port, cert, key, onError: () => {} },
        (conn) => conn.send("ready\n"),
      );
    await serve(1, own);
    await serve(2, other);
    const name = "_imaps._tcp.example.test";
    const caCerts = [own.cert, other.cert];
    network.dns.set(name, {
      srv: [srv("imap0", 0), srv("imap1", 1, 0, 1)],
      ttl: 0,
    });
    for (const service of [name, `${name}.`]) {
      const wait = { timeout: 20_000 };
      using conn = await client.connectTls({ service, caCerts, ...wait });
      assertEquals(await conn.readLine(), "ready");
    }
    // A handshake that fails is the end of it: the next target is not tried.
    network.dns.set(name, {
      srv: [srv("imap2", 0, 0, 2), srv("imap1", 1, 0, 1)],
    });
    const error = await assertRejects(
      () => client.connectTls({ service: name, caCerts }),
      SocketError,
    );
    assertEquals(error.code, "ECERTNAME");
    const serverName = "imap.test";
    using conn = await client.connectTls({
      ...{ service: name, serverName, caCerts },
    });
    assertEquals(await conn.readLine(), "ready");
  }));

Deno.test("connectTcp() and connectTls() reject what does not go with a service", async () => {
  // deno-lint-ignore no-explicit-any -- what callers without types pass
  const rows: [any, typeof Error, string][] = [
    [{ port: 80 }, TypeError, "with hostname or port"],
    [{ hostname: "a" }, TypeError, "with hostname or port"],
    [{ service: "imaps" }, TypeError, 'service "imaps": it must be a name'],
    [{ service: "_a._tcp." }, TypeError, "it must be a name"],
    [{ service: 5 }, TypeError, "service 5"],
    [{ service: null }, TypeError, "service null"],
    [{ timeout: -1 }, RangeError, "-1"],
    [{ family: 5 }, TypeError, "family 5"],
    [{ localPort: 70_000 }, RangeError, "localPort 70000"],
    [{ resolver: { getAddrInfo() {} } }, TypeError, "no lookupService()"],
  ];
  for (const connect of [connectTcp, connectTls]) {
    for (const [options, kind, message] of rows) {
      await assertRejects(
        () => connect({ service: "_a._tcp.invalid", ...options }),
        kind,
        message,
      );
    }
  }
});

Deno.test("connectTcp() asks the resolver of the caller for a service", async () => {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const real = new Resolver();
  const queries: unknown[] = [];
  const resolver = {
    getAddrInfo: real.getAddrInfo.bind(real),
    lookupService(query: unknown): Promise<SrvRecord[]> {
      queries.push(query);
      return Promise.resolve([srv("localhost", 0, 0, port)]);
    },
  };
  using conn = await connectTcp({ service: NAME, resolver, timeout: 20_000 });
  assertEquals(conn.remoteAddr.port, port);
  assertEquals(queries, [{
    service: "chat",
    protocol: "tcp",
    domain: "example.test",
  }]);
});
