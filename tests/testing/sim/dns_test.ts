import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Host, type Network, simulate } from "../../../testing/mod.ts";
import { AF_INET, AI_ADDRCONFIG, AI_CANONNAME } from "../../../mod.ts";

async function lookUp(host: Host, name: string): Promise<string[]> {
  const infos = await host.getAddrInfo(name, 80, { socktype: 1 });
  return infos.map(({ address }) => address.ip.toString());
}

/** How many queries for IPv4 addresses the name server has heard. */
function queries(network: Network): number {
  return [...network.trace].filter(({ kind, text }) =>
    kind === "dns" && text.startsWith("query A ")
  ).length;
}

Deno.test("the DNS knows hosts by name and by address", () =>
  simulate(async (network) => {
    const a = network.host("a");
    network.host("b.example", { addresses: ["fd00::9", "10.0.0.9"] });
    assertEquals(await lookUp(a, "b.example"), ["10.0.0.9", "fd00::9"]);
    assertEquals(await lookUp(a, "B.EXAMPLE."), ["10.0.0.9", "fd00::9"]);
    for (const hostname of ["10.0.0.9", "fd00::9"]) {
      const name = await a.getNameInfo({ hostname, port: 80 });
      assertEquals(name, { hostname: "b.example", service: "http" });
    }
    assertEquals(await a.resolve("9.0.0.10.in-addr.arpa", "PTR"), [
      "b.example",
    ]);
    await assertRejects(() => lookUp(a, "c.example"), Error, "EAI_NONAME");
  }));

Deno.test("the order of addresses follows from those of the host", () =>
  simulate(async (network) => {
    const v4 = network.host("v4", { addresses: ["10.0.0.1"] });
    const v6 = network.host("v6", { addresses: ["fd00::1"] });
    const both = network.host("both");
    assertEquals(await lookUp(v4, "both"), [...both.addresses]);
    assertEquals(await lookUp(v6, "both"), [...both.addresses].reverse());
    const hints = { flags: AI_ADDRCONFIG, socktype: 1 };
    const infos = await v4.getAddrInfo("both", 80, hints);
    assertEquals(infos.map(({ family }) => family), [AF_INET]);
  }));

Deno.test("records are kept as long as their TTL says, in virtual time", () =>
  simulate(async (network) => {
    const a = network.host("a");
    network.dns.set("x.example", { addresses: ["10.0.0.8"], ttl: 60_000 });
    await lookUp(a, "x.example");
    const first = queries(network);
    await network.sleep(59_000);
    assertEquals(await lookUp(a, "x.example"), ["10.0.0.8"]);
    assertEquals(queries(network), first);
    network.dns.set("x.example", { addresses: "10.0.0.7", ttl: 0 });
    await network.sleep(2000);
    assertEquals(await lookUp(a, "x.example"), ["10.0.0.7"]);
    const second = queries(network);
    assert(second > first);
    await lookUp(a, "x.example"); // a TTL of 0 is not kept
    assert(queries(network) > second);
  }));

Deno.test("a name that does not exist is remembered for some time", () =>
  simulate(async (network) => {
    const a = network.host("a", { resolver: { cache: { negativeTtl: 5000 } } });
    await assertRejects(() => lookUp(a, "late.example"), Error, "EAI_NONAME");
    network.dns.set("late.example", { addresses: "10.0.0.8" });
    await assertRejects(() => lookUp(a, "late.example"), Error, "EAI_NONAME");
    await network.sleep(5000);
    assertEquals(await lookUp(a, "late.example"), ["10.0.0.8"]);
  }));

Deno.test("a restarted host has an empty cache", () =>
  simulate(async (network) => {
    const a = network.host("a");
    network.dns.set("x.example", { addresses: "10.0.0.8" });
    await lookUp(a, "x.example");
    network.dns.set("x.example", { addresses: "10.0.0.7" });
    assertEquals(await lookUp(a, "x.example"), ["10.0.0.8"]);
    a.restart();
    assertEquals(await lookUp(a, "x.example"), ["10.0.0.7"]);
  }));

Deno.test("a chain of CNAMEs leads to the canonical name", () =>
  simulate(async (network) => {
    const a = network.host("a");
    network.dns.set("www.example", { cname: "Web.example." });
    network.dns.set("web.example", { cname: "a" });
    const hints = { flags: AI_CANONNAME, family: AF_INET, socktype: 1 };
    const [info] = await a.getAddrInfo("www.example", 80, hints);
    assertEquals(info!.canonname, "a");
    assertEquals(await a.resolve("www.example", "CNAME"), ["web.example"]);
    network.dns.set("web.example", { cname: "www.example" });
    a.restart();
    await assertRejects(() => lookUp(a, "www.example"), Error, "EAI_AGAIN");
  }));

Deno.test("records of all types can be set and are what resolve() returns", () =>
  simulate(async (network) => {
    const a = network.host("a");
    const srv = [{ priority: 1, weight: 0, port: 5432, target: "a" }];
    const mx = [{ preference: 10, exchange: "mail.example" }];
    const txt = [["one", "two"], ["three"]];
    const ns = ["ns.example"];
    const caa = [{ critical: false, tag: "issue", value: "ca.example" }];
    const soa = [{
      ...{ mname: "ns.example", rname: "admin.example", serial: 2 ** 32 - 1 },
      ...{ refresh: 1, retry: 2, expire: 3, minimum: 4 },
    }];
    const naptr = [{
      ...{ order: 1, preference: 2, flags: "S", services: "SIP+D2U" },
      ...{ regexp: "", replacement: "_sip._udp.example" },
    }];
    network.dns.set("more.example", { caa, soa, naptr });
    assertEquals(await a.resolve("more.example", "CAA"), caa);
    assertEquals(await a.resolve("more.example", "SOA"), soa);
    assertEquals(await a.resolve("more.example", "NAPTR"), naptr);
    network.dns.set("_db._tcp.example", { srv });
    network.dns.set("example", { mx, txt, ns, addresses: "fd00::8" });
    assertEquals(await a.resolve("_db._tcp.example", "SRV"), srv);
    const query = { service: "db", domain: "example" };
    assertEquals(await a.lookupService(query), srv);
    assertEquals(await a.resolve("example", "MX"), mx);
    assertEquals(await a.resolve("example", "TXT"), txt);
    assertEquals(await a.resolve("example", "NS"), ns);
    assertEquals(await a.resolve("example", "AAAA"), ["fd00::8"]);
    await assertRejects(() => a.resolve("example", "A"), Error, "EAI_NODATA");
    network.dns.delete("example");
    a.restart();
    await assertRejects(() => a.resolve("example", "MX"), Error, "EAI_NONAME");
  }));

for (
  const { failure, code } of [
    { failure: "NXDOMAIN", code: "EAI_NONAME" },
    { failure: "NODATA", code: "EAI_NODATA" },
    { failure: "SERVFAIL", code: "EAI_AGAIN" },
    { failure: "REFUSED", code: "EAI_AGAIN" },
    { failure: "NOTIMP", code: "EAI_AGAIN" },
    { failure: "FORMERR", code: "EAI_FAIL" },
    { failure: "timeout", code: "EAI_AGAIN" },
  ] as const
) {
  Deno.test(`fail() with ${failure} makes look-ups reject with ${code}`, () =>
    simulate(async (network) => {
      const a = network.host("a", { resolver: { cache: false } });
      network.dns.set("www.example", { cname: "a" });
      network.dns.fail("a", failure);
      const start = network.now;
      await assertRejects(() => lookUp(a, "a"), Error, code);
      const took = network.now - start;
      // Two attempts of 5 seconds each, without an answer.
      assertEquals(Math.round(took / 1000), failure === "timeout" ? 10 : 0);
      await assertRejects(() => lookUp(a, "www.example"), Error, code);
      network.dns.recover("a");
      assertEquals((await lookUp(a, "www.example")).length, 2);
    }));
}

Deno.test("a resolver asks again when the first answer does not come in time", () =>
  simulate(async (network) => {
    const a = network.host("a", { resolver: { timeout: 1000, attempts: 3 } });
    network.dns.partition();
    const start = network.now;
    const found = lookUp(a, "a");
    await network.sleep(1500);
    network.dns.heal(a);
    assertEquals((await found).length, 2);
    assertEquals(Math.round(network.now - start), 2001);
  }));

Deno.test("partition() keeps the answers from the hosts that it names", () =>
  simulate(async (network) => {
    const [a, b] = [network.host("a"), network.host("b")];
    network.dns.partition([a]);
    await assertRejects(() => lookUp(a, "b"), Error, "EAI_AGAIN");
    assertEquals((await lookUp(b, "a")).length, 2);
    assertThrows(() => network.dns.partition("a" as never), TypeError);
  }));

Deno.test("delay() delays the answers, for one name or for all", () =>
  simulate(async (network) => {
    const a = network.host("a", { resolver: { cache: false } });
    const took = async (name: string) => {
      const start = network.now;
      await a.resolve(name, "A");
      return Math.round(network.now - start);
    };
    network.host("b");
    assertEquals(await took("a"), 1);
    network.dns.delay(200);
    network.dns.delay(40, "B");
    assertEquals([await took("a"), await took("b")], [200, 40]);
    network.dns.delay(4999);
    assertEquals([await took("a"), await took("b")], [4999, 40]);
    network.dns.delay(5000);
    await assertRejects(() => took("a"), Error, "EAI_AGAIN");
  }));

Deno.test("a look-up ends with its signal and its timeout", () =>
  simulate(async (network) => {
    const a = network.host("a");
    network.dns.delay(1000);
    const start = network.now;
    const signal = AbortSignal.timeout(100);
    await assertRejects(() => a.getAddrInfo("a", 80, { signal }), DOMException);
    await assertRejects(
      () => a.getAddrInfo("a", 80, { timeout: 100 }),
      Error,
      "ETIMEDOUT",
    );
    assert(network.now - start < 300, `${network.now - start}`);
  }));

Deno.test("queries are in the trace with their answers", () =>
  simulate(async (network) => {
    const a = network.host("a", { resolver: { attempts: 1 } });
    await a.resolve("a", "A");
    await a.resolve("x", "A").catch(() => {});
    network.dns.fail("y", "timeout");
    await a.resolve("y", "A").catch(() => {});
    assertEquals(
      [...network.trace].filter(({ kind }) => kind === "dns")
        .map(({ from, isLost, text }) => ({ from, isLost, text })),
      [
        {
          from: "a",
          isLost: false,
          text: "query A a: 10.0.0.1, ttl 60000 ms (1.000 ms)",
        },
        { from: "a", isLost: false, text: "query A x: NXDOMAIN (1.000 ms)" },
        { from: undefined, isLost: false, text: "y fails with timeout" },
        { from: "a", isLost: true, text: "query A y: no answer (5000.000 ms)" },
      ],
    );
  }));

Deno.test("set(), fail() and delay() refuse wrong arguments", () =>
  simulate((network) => {
    const { dns } = network;
    assertThrows(() => dns.set("a b", {}), SyntaxError, "domain name");
    assertThrows(() => dns.set(1 as never, {}), TypeError, "string");
    assertThrows(() => dns.set("a", null as never), TypeError, "object");
    assertThrows(() => dns.set("a", { addresses: "x" }), SyntaxError);
    assertThrows(() => dns.set("a", { ttl: -1 }), RangeError, "ttl");
    assertThrows(() => dns.set("a", { ttl: "1" as never }), TypeError, "ttl");
    assertThrows(() => dns.set("a", { mx: {} as never }), TypeError, "array");
    for (
      const records of [
        { mx: ["mail"] },
        { mx: [{ preference: "1", exchange: "mail" }] },
        { srv: [{ priority: 1, weight: 1, target: "a" }] },
        { srv: [{ priority: 1, weight: 1, port: 65_536, target: "a" }] },
        { txt: ["text"] },
        { txt: [[1]] },
        { ns: [1] },
        { caa: [{ critical: 1, tag: "issue", value: "x" }] },
      ]
    ) {
      const error = assertThrows(() => dns.set("a", records as never));
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(/^Cannot use (mx|srv|txt|ns|caa)/.test(error.message));
    }
    assertThrows(() => dns.set("a", { cname: "x y" }), SyntaxError);
    assertThrows(
      () => dns.set("a", { cname: "b", addresses: "10.0.0.1" }),
      TypeError,
      "CNAME",
    );
    assertThrows(() => dns.fail("a", "OOPS" as never), TypeError, "failure");
    assertThrows(() => dns.fail("a", undefined as never), TypeError, "failure");
    assertThrows(() => dns.delay(-1), RangeError);
    assertThrows(() => dns.delay(1, "a b"), SyntaxError);
  }));
