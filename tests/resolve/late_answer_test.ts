/** Servers that answer for one family and keep silent for the other one. */
import { AF_INET6, AF_UNSPEC, SOCK_STREAM } from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { connectTcp, listenTcp } from "../../tcp/mod.ts";
import { assertEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer, type Fault } from "./_dns_server.ts";

const zone: Zone = {
  "a.test": [
    { type: "A", data: "127.0.0.1" },
    { type: "AAAA", data: "2001:db8::1" },
  ],
  "b.test": [{ type: "A", data: "192.0.2.2" }],
};

/** A look-up has less time than a silent server is waited for. */
function resolverOf(
  server: DnsServer,
  options: ResolverOptions = {},
): Resolver {
  return new Resolver({
    nameServers: [server.nameServer],
    timeout: 60_000,
    hosts: false,
    ...options,
  });
}

function look(
  resolver: Resolver,
  family: number = AF_UNSPEC,
  name = "a.test",
): Promise<string | string[]> {
  return endOf(
    resolver.getAddrInfo(name, 80, {
      family,
      socktype: SOCK_STREAM,
      timeout: 15_000,
    }),
  );
}

function silentFor(type: string): Fault {
  return (question) => question.type === type ? null : undefined;
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: { net: true }, fn });
}

for (
  const { silent, expected } of [
    { silent: "AAAA", expected: ["127.0.0.1"] },
    { silent: "A", expected: ["2001:db8::1"] },
  ]
) {
  test(`getAddrInfo() answers with what there is when ${silent} is never answered`, async () => {
    await using server = await DnsServer.start(zone, silentFor(silent));
    assertEquals(await look(resolverOf(server)), expected);
  });

  test(`getHostByName() answers with what there is when ${silent} is never answered`, async () => {
    await using server = await DnsServer.start(zone, silentFor(silent));
    const { addresses } = await resolverOf(server).getHostByName("a.test", {
      family: AF_UNSPEC,
      timeout: 15_000,
    });
    assertEquals(addresses.map(String), expected);
  });
}

test("getAddrInfo() does not ask again for 10 seconds for what was late", async () => {
  await using server = await DnsServer.start(zone, silentFor("AAAA"));
  let now = 1000;
  const resolver = resolverOf(server, { now: () => now });
  assertEquals(await look(resolver), ["127.0.0.1"]);
  assertEquals(server.count("AAAA", "a.test"), 1);
  now += 9999;
  assertEquals(await look(resolver), ["127.0.0.1"]);
  assertEquals(server.log.length, 2);
  now += 1;
  assertEquals(await look(resolver), ["127.0.0.1"]);
  assertEquals(server.count("AAAA", "a.test"), 2);
  resolver.clearCache();
  assertEquals(await look(resolver), ["127.0.0.1"]);
  assertEquals(server.count("AAAA", "a.test"), 3);
});

test("getAddrInfo() gives both families again once the server answers for both", async () => {
  let isSilent = true;
  await using server = await DnsServer.start(
    zone,
    ({ type }) => isSilent && type === "AAAA" ? null : undefined,
  );
  let now = 1000;
  const resolver = resolverOf(server, { now: () => now, order: "ipv6first" });
  assertEquals(await look(resolver), ["127.0.0.1"]);
  isSilent = false;
  now += 10_000;
  assertEquals(await look(resolver), ["2001:db8::1", "127.0.0.1"]);
});

test("getAddrInfo() with AF_INET6 only waits on when a look-up for both families does not", async () => {
  const held = Promise.withResolvers<undefined>();
  await using server = await DnsServer.start(
    zone,
    ({ type }) => type === "AAAA" ? held.promise : undefined,
  );
  const resolver = resolverOf(server);
  const six = look(resolver, AF_INET6);
  assertEquals(await look(resolver), ["127.0.0.1"]);
  assertEquals(server.count("AAAA", "a.test"), 1);
  held.resolve(undefined);
  assertEquals(await six, ["2001:db8::1"]);
});

test("getAddrInfo() waits for AAAA when there is no A", async () => {
  const held = Promise.withResolvers<undefined>();
  await using server = await DnsServer.start(
    { "six.test": [{ type: "AAAA", data: "2001:db8::1" }] },
    ({ type }) => type === "AAAA" ? held.promise : undefined,
  );
  const work = look(resolverOf(server), AF_UNSPEC, "six.test");
  // Longer than the resolution delay.
  setTimeout(() => held.resolve(undefined), 200);
  assertEquals(await work, ["2001:db8::1"]);
});

test("getAddrInfo() gives addresses past their time for what is late, with staleIfError", async () => {
  let isSilent = false;
  await using server = await DnsServer.start(
    zone,
    ({ type }) => isSilent && type === "AAAA" ? null : undefined,
  );
  let now = 1000;
  const resolver = resolverOf(server, {
    now: () => now,
    order: "ipv6first",
    cache: { staleIfError: 1e9 },
  });
  const both = ["2001:db8::1", "127.0.0.1"];
  assertEquals(await look(resolver), both);
  isSilent = true;
  now += 1e6;
  assertEquals(await look(resolver), both);
});

test("connectTcp() connects to a name whose AAAA is never answered", async () => {
  await using server = await DnsServer.start(zone, silentFor("AAAA"));
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  using conn = await connectTcp({
    hostname: "a.test",
    port: listener.addr.port,
    resolver: resolverOf(server),
    timeout: 15_000,
  });
  assertEquals(conn.remoteAddr.hostname, "127.0.0.1");
  (await accepting).close();
});
