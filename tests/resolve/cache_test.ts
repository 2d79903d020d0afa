import { AF_INET, SOCK_STREAM } from "../../address/mod.ts";
import {
  type AddrInfo,
  Resolver,
  type ResolverOptions,
} from "../../resolve/mod.ts";
import { Cache } from "../../resolve/_cache.ts";
import { assertEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer, type Fault } from "./_dns_server.ts";

const zone: Zone = {
  "minute.test": [{ type: "A", ttl: 60, data: "192.0.2.1" }],
  "mixed.test": [
    { type: "A", ttl: 600, data: "192.0.2.1" },
    { type: "A", ttl: 30, data: "192.0.2.2" },
  ],
  "alias.test": [{ type: "CNAME", ttl: 10, data: "minute.test" }],
  "zero.test": [{ type: "A", ttl: 0, data: "192.0.2.1" }],
  "forever.test": [{ type: "A", ttl: 2 ** 31 - 1, data: "192.0.2.1" }],
  "broken.test": [{ type: "A", ttl: 2 ** 32 - 1, data: "192.0.2.1" }],
  "empty.test": [],
  "pointer.test": [{ type: "CNAME", ttl: 600, data: "empty.test" }],
};

/** A resolver with a clock that the test sets. */
class Bench implements AsyncDisposable {
  time = 1000;
  readonly server: DnsServer;
  readonly resolver: Resolver;

  private constructor(server: DnsServer, options: ResolverOptions) {
    this.server = server;
    this.resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
      attempts: 1,
      now: () => this.time,
      ...options,
    });
  }

  static async start(
    options: ResolverOptions = {},
    fault?: Fault,
  ): Promise<Bench> {
    return new Bench(await DnsServer.start(zone, fault), options);
  }

  ask(name: string, family: number = AF_INET): Promise<AddrInfo[]> {
    return this.resolver.getAddrInfo(name, 80, {
      family,
      socktype: SOCK_STREAM,
    });
  }

  /** How many queries a look-up costs. */
  async cost(name: string): Promise<number> {
    const before = this.server.log.length;
    await endOf(this.ask(name));
    return this.server.log.length - before;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: { net: true }, fn });
}

const LIFETIMES: {
  what: string;
  name: string;
  options?: ResolverOptions;
  seconds: number;
}[] = [
  { what: "for its TTL", name: "minute.test", seconds: 60 },
  {
    what: "for the least TTL among the records",
    name: "mixed.test",
    seconds: 30,
  },
  {
    what: "for the least TTL along the aliases",
    name: "alias.test",
    seconds: 10,
  },
  { what: "for maxTtl at most", name: "forever.test", seconds: 3600 },
  {
    what: "for a maxTtl of one's own",
    name: "minute.test",
    options: { cache: { maxTtl: 7000 } },
    seconds: 7,
  },
  {
    what: "for negativeTtl when there is no such name",
    name: "nothing.test",
    seconds: 5,
  },
  {
    what: "for negativeTtl when there is no such record",
    name: "empty.test",
    seconds: 5,
  },
  {
    what: "for the SOA's time behind an alias",
    name: "pointer.test",
    options: { cache: { negativeTtl: 1e6 } },
    seconds: 60,
  },
  {
    what: "for the SOA's time when that is less than negativeTtl",
    name: "nothing.test",
    options: { cache: { negativeTtl: 1e6 } },
    seconds: 60,
  },
];

for (const { what, name, options, seconds } of LIFETIMES) {
  test(`Resolver keeps an answer ${what}`, async () => {
    await using bench = await Bench.start(options);
    const costs: number[] = [];
    const start = bench.time;
    for (const passed of [0, 1, seconds * 1000 - 1, seconds * 1000]) {
      bench.time = start + passed;
      costs.push(await bench.cost(name));
    }
    assertEquals(costs, [1, 0, 0, 1]);
  });
}

for (
  const [what, name, options] of [
    ["of TTL 0", "zero.test", {}],
    ["whose TTL has the top bit set (RFC 2181)", "broken.test", {}],
    ["without a cache", "minute.test", { cache: false }],
    ["with a cache of size 0", "minute.test", { cache: { size: 0 } }],
    ["of no such name with negativeTtl 0", "nothing.test", {
      cache: { negativeTtl: 0 },
    }],
  ] as [string, string, ResolverOptions][]
) {
  test(`Resolver keeps no answer ${what}`, async () => {
    await using bench = await Bench.start(options);
    assertEquals([await bench.cost(name), await bench.cost(name)], [1, 1]);
  });
}

test("Resolver never keeps a failure", async () => {
  let fails = true;
  await using bench = await Bench.start(
    {},
    () => fails ? { rcode: 2 } : undefined,
  );
  assertEquals(await endOf(bench.ask("minute.test")), "EAI_AGAIN");
  fails = false;
  assertEquals(await endOf(bench.ask("minute.test")), ["192.0.2.1"]);
});

test("Resolver keeps no more answers than it may", async () => {
  await using bench = await Bench.start({ cache: { size: 2 } });
  for (const name of ["minute.test", "mixed.test", "forever.test"]) {
    await bench.cost(name);
  }
  assertEquals(await bench.cost("forever.test"), 0);
  assertEquals(await bench.cost("mixed.test"), 0);
  assertEquals(await bench.cost("minute.test"), 1);
});

Deno.test("Cache forgets the least recently used values first", () => {
  const cache = new Cache<number>(2, () => 0);
  cache.set("a", 1, 1000);
  cache.set("b", 2, 1000);
  cache.get("a");
  cache.set("c", 3, 1000);
  assertEquals([cache.get("a"), cache.get("b"), cache.get("c")], [
    1,
    undefined,
    3,
  ]);
  assertEquals(cache.size, 2);
});

test("Resolver asks once for 1,000 look-ups of a name at the same time", async () => {
  for (const options of [{}, { cache: false }] as ResolverOptions[]) {
    await using bench = await Bench.start(options);
    const looks = Array.from(
      { length: 1000 },
      () => endOf(bench.ask("minute.test", 0)),
    );
    for (const end of await Promise.all(looks)) {
      assertEquals(end, ["192.0.2.1"]);
    }
    assertEquals(bench.server.log.toSorted(), [
      "udp A minute.test",
      "udp AAAA minute.test",
    ]);
  }
});

test("Resolver joins look-ups of one family to one of both", async () => {
  await using bench = await Bench.start({ cache: false });
  await Promise.all(
    [0, AF_INET, 10].map((family) => endOf(bench.ask("minute.test", family))),
  );
  assertEquals(bench.server.log.toSorted(), [
    "udp A minute.test",
    "udp AAAA minute.test",
  ]);
});

test("Resolver answers look-ups of one family from those of both", async () => {
  await using bench = await Bench.start();
  await endOf(bench.ask("minute.test", 0));
  assertEquals(await bench.cost("minute.test"), 0);
});

test("Resolver gives stale answers on failure for staleIfError and no longer", async () => {
  let fails = false;
  await using bench = await Bench.start(
    { cache: { staleIfError: 5000 } },
    () => fails ? { rcode: 2 } : undefined,
  );
  await bench.cost("minute.test");
  fails = true;
  bench.time += 64_999;
  assertEquals(await endOf(bench.ask("minute.test")), ["192.0.2.1"]);
  bench.time += 1;
  assertEquals(await endOf(bench.ask("minute.test")), "EAI_AGAIN");
});

test("Resolver gives no stale answer by default", async () => {
  let fails = false;
  await using bench = await Bench.start(
    {},
    () => fails ? { rcode: 2 } : undefined,
  );
  await bench.cost("minute.test");
  fails = true;
  bench.time += 60_000;
  assertEquals(await endOf(bench.ask("minute.test")), "EAI_AGAIN");
});

test("Resolver.clearCache() forgets all", async () => {
  await using bench = await Bench.start();
  await bench.cost("minute.test");
  bench.resolver.clearCache();
  assertEquals(await bench.cost("minute.test"), 1);
});

test("Resolver's answers are the caller's to change", async () => {
  await using bench = await Bench.start();
  (await bench.ask("mixed.test")).length = 0;
  assertEquals((await bench.ask("mixed.test")).length, 2);
  (await bench.resolver.resolve("mixed.test", "A")).length = 0;
  assertEquals((await bench.resolver.resolve("mixed.test", "A")).length, 2);
});

test("an answer that is asked for in another way meanwhile lives no longer for it", async () => {
  await using bench = await Bench.start();
  const { resolver, server } = bench;
  await resolver.resolve("minute.test", "A");
  bench.time += 59_000;
  assertEquals(await bench.cost("minute.test"), 0);
  bench.time += 1000;
  assertEquals(await bench.cost("minute.test"), 1);
  assertEquals(server.count("A", "minute.test"), 2);
});
