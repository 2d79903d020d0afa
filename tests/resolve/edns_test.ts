/** EDNS(0): RFC 6891, and servers that do not know it. */
import { AF_INET, SOCK_STREAM } from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { HAS_LARGE_DATAGRAMS } from "../_system.ts";
import { endOf } from "./_codes.ts";
import { writeResponse, type Zone } from "./_dns_message.ts";
import { DnsServer, type Fault } from "./_dns_server.ts";

function manyOf(count: number): Zone[string] {
  return Array.from({ length: count }, (_, i) => ({
    type: "A",
    data: `192.0.${i >> 8}.${i & 255}`,
  }));
}

const zone: Zone = {
  "a.test": [{ type: "A", data: "192.0.2.1" }],
  "b.test": [{ type: "A", data: "192.0.2.2" }],
  "c.test": [{ type: "A", data: "192.0.2.3" }],
  "full.test": manyOf(74), // 1222 bytes
  "over.test": manyOf(76), // 1254 bytes
};

function resolverOf(
  server: DnsServer,
  options: ResolverOptions = {},
): Resolver {
  return new Resolver({
    nameServers: [server.nameServer],
    timeout: 60_000,
    attempts: 1,
    hosts: false,
    ...options,
  });
}

function look(resolver: Resolver, name: string): Promise<string | string[]> {
  return endOf(resolver.getAddrInfo(name, 80, {
    family: AF_INET,
    socktype: SOCK_STREAM,
    timeout: 15_000,
  }));
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: { net: true }, fn });
}

test("getAddrInfo() takes an answer of 1,232 bytes over UDP, and a larger one over TCP", async () => {
  await using server = await DnsServer.start(zone);
  const resolver = resolverOf(server);
  assertEquals((await look(resolver, "full.test")).length, 74);
  assertEquals((await look(resolver, "over.test")).length, 76);
  assertEquals(server.log, [
    "udp A full.test",
    "udp A over.test",
    "tcp A over.test",
  ]);
  assertEquals(server.edns, [true, true, true]);
});

const OLD: { what: string; fault: Fault; options?: ResolverOptions }[] = [
  {
    what: "FORMERR",
    fault: ({ udpSize }) => udpSize ? { rcode: 1 } : undefined,
  },
  {
    what: "FORMERR without the question",
    fault: ({ id, udpSize }) =>
      udpSize
        ? new Uint8Array([id >> 8, id, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0])
        : undefined,
  },
  {
    what: "NOTIMP",
    fault: ({ udpSize }) => udpSize ? { rcode: 4 } : undefined,
  },
  {
    what: "BADVERS",
    fault: ({ udpSize }) => udpSize ? { rcode: 16 } : undefined,
  },
  {
    what: "silence",
    fault: ({ udpSize }) => udpSize ? null : undefined,
    options: { timeout: 400 },
  },
  {
    what: "silence, when there is time for a second attempt only",
    fault: ({ udpSize }) => udpSize ? null : undefined,
    options: { timeout: 150, attempts: 2 },
  },
];

for (const { what, fault, options } of OLD) {
  test(`getAddrInfo() asks without EDNS(0) a server that answers it with ${what}, and remembers that for 10 minutes`, async () => {
    await using server = await DnsServer.start(zone, fault);
    let now = 1000;
    const resolver = resolverOf(server, { now: () => now, ...options });
    assertEquals(await look(resolver, "a.test"), ["192.0.2.1"]);
    now += 599_999;
    assertEquals(await look(resolver, "b.test"), ["192.0.2.2"]);
    assertEquals(server.edns, [true, false, false]);
    now += 1;
    assertEquals(await look(resolver, "c.test"), ["192.0.2.3"]);
    assertEquals(server.edns, [true, false, false, true, false]);
    assertEquals(server.errors, []);
  });
}

test("getAddrInfo() goes on with EDNS(0) where it is not the cause of FORMERR", async () => {
  await using server = await DnsServer.start(
    zone,
    ({ name }) => name === "a.test" ? { rcode: 1 } : undefined,
  );
  const resolver = resolverOf(server);
  assertEquals(await look(resolver, "a.test"), "EAI_FAIL");
  assertEquals(await look(resolver, "b.test"), ["192.0.2.2"]);
  assertEquals(server.edns, [true, false, true]);
});

test("getAddrInfo() goes on with EDNS(0) after a server that answers it was silent once", async () => {
  let isSilent = false;
  await using server = await DnsServer.start(
    zone,
    () => isSilent ? null : undefined,
  );
  const resolver = resolverOf(server, { timeout: 250 });
  assertEquals(await look(resolver, "a.test"), ["192.0.2.1"]);
  isSilent = true;
  assertEquals(await look(resolver, "b.test"), "EAI_AGAIN");
  isSilent = false;
  assertEquals(await look(resolver, "c.test"), ["192.0.2.3"]);
  assertEquals(server.edns, [true, true, true]);
});

for (const count of HAS_LARGE_DATAGRAMS ? [125, 400, 900] : [125]) {
  test(`getAddrInfo() takes ${count} addresses of each family that a server sends over UDP, however much was asked for`, async () => {
    await using server = await DnsServer.start({}, (question) => {
      const { name, type } = question;
      const records: Zone[string] = type === "A" ? manyOf(count) : Array.from(
        { length: count },
        (_, i) => ({ type: "AAAA", data: `2001:db8::${i.toString(16)}` }),
      );
      return writeResponse(question, {
        answers: records.map((record) => [name, record]),
      });
    });
    const found = await endOf(
      resolverOf(server).getAddrInfo("large.test", 80, { timeout: 15_000 }),
    );
    assert(Array.isArray(found), String(found));
    assertEquals(found.length, 2 * count);
    assertEquals(server.errors, []);
  });
}
