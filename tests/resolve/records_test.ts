import {
  AF_INET,
  parseIpAddress,
  SOCK_STREAM,
  SocketAddress,
} from "../../address/mod.ts";
import { AI_CANONNAME, type RecordType, Resolver } from "../../resolve/mod.ts";
import { assertEquals, assertRejects } from "@std/assert";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";
import { IS_DENO } from "../_runtime.ts";

const zone: Zone = {
  "all.test": [
    { type: "A", data: "192.0.2.1" },
    { type: "A", data: "192.0.2.2" },
    { type: "AAAA", data: "2001:db8::1" },
    { type: "MX", data: [10, "mx.test"] },
    { type: "MX", data: [20, ""] },
    { type: "TXT", data: ["one", "two"] },
    { type: "TXT", data: ["drei ä"] },
    { type: "NS", data: "ns.test" },
    {
      type: "SOA",
      data: ["ns.test", "admin.test", 2024010101, 7200, 3600, 1209600, 300],
    },
    { type: "CAA", data: [128, "issue", "ca.test; account=1"] },
    { type: "NAPTR", data: [10, 20, "S", "SIP+D2U", "", "_sip._udp.test"] },
  ],
  "_imaps._tcp.all.test": [
    { type: "SRV", data: [20, 0, 993, "spare.test"] },
    { type: "SRV", data: [10, 5, 993, "main.test"] },
  ],
  "_none._tcp.all.test": [{ type: "SRV", data: [0, 0, 0, ""] }],
  "alias.test": [{ type: "CNAME", data: "all.test" }],
  "second.test": [{ type: "CNAME", data: "alias.test" }],
  "1.2.0.192.in-addr.arpa": [
    { type: "PTR", data: "all.test" },
    { type: "PTR", data: "other.test" },
  ],
  "": [{ type: "NS", data: "root.test" }],
};

const RECORDS: { name: string; type: RecordType; expected: unknown }[] = [
  { name: "all.test", type: "A", expected: ["192.0.2.1", "192.0.2.2"] },
  { name: "all.test.", type: "AAAA", expected: ["2001:db8::1"] },
  {
    name: "All.TEST",
    type: "MX",
    expected: [{ preference: 10, exchange: "mx.test" }, {
      preference: 20,
      exchange: ".",
    }],
  },
  { name: "all.test", type: "TXT", expected: [["one", "two"], ["drei ä"]] },
  { name: "all.test", type: "NS", expected: ["ns.test"] },
  {
    name: "all.test",
    type: "SOA",
    expected: [{
      mname: "ns.test",
      rname: "admin.test",
      serial: 2024010101,
      refresh: 7200,
      retry: 3600,
      expire: 1209600,
      minimum: 300,
    }],
  },
  {
    name: "all.test",
    type: "CAA",
    expected: [{ critical: true, tag: "issue", value: "ca.test; account=1" }],
  },
  {
    name: "all.test",
    type: "NAPTR",
    expected: [{
      order: 10,
      preference: 20,
      flags: "S",
      services: "SIP+D2U",
      regexp: "",
      replacement: "_sip._udp.test",
    }],
  },
  { name: "alias.test", type: "CNAME", expected: ["all.test"] },
  { name: "second.test", type: "A", expected: ["192.0.2.1", "192.0.2.2"] },
  {
    name: "1.2.0.192.in-addr.arpa",
    type: "PTR",
    expected: ["all.test", "other.test"],
  },
];

/**
 * Our own packets need the whole network; with leave for one host, the
 * runtime's resolver is used.
 */
const SOURCES = [
  { source: "our own packets", net: true },
  ...IS_DENO
    ? [{ source: "Deno.resolveDns", net: ["127.0.0.1"] } as const]
    : [],
] as const;

for (const { source, net } of SOURCES) {
  const test = (
    name: string,
    fn: (resolver: Resolver, server: DnsServer) => Promise<void>,
  ): void => {
    Deno.test({
      name: `${name} (by ${source})`,
      permissions: { net: net === true ? true : [...net] },
      async fn() {
        await using server = await DnsServer.start(zone);
        await fn(
          new Resolver({ nameServers: [server.nameServer], hosts: false }),
          server,
        );
        assertEquals(server.errors, []);
      },
    });
  };

  for (const { name, type, expected } of RECORDS) {
    test(`resolve() gives ${type} records of ${name}`, async (resolver) => {
      // The runtime does not print two roots alike, nor keep the letters' case.
      assertEquals(await resolver.resolve(name, type), expected as never);
    });
  }

  test(
    "getAddrInfo() gives addresses of both families in order",
    async (resolver, server) => {
      const infos = await resolver.getAddrInfo("second.test", 80, {
        socktype: SOCK_STREAM,
      });
      const found = infos.map(({ address }) => String(address));
      const expected = ["[2001:db8::1]:80", "192.0.2.1:80", "192.0.2.2:80"];
      // Elsewhere the interfaces are seen, and say the order.
      assertEquals(
        IS_DENO ? found : found.sort(),
        IS_DENO ? expected : expected.sort(),
      );
      assertEquals(server.count("A", "second.test"), 1);
      assertEquals(server.count("AAAA", "second.test"), 1);
    },
  );

  test("getAddrInfo() finds the canonical name at the end of a chain", async (resolver) => {
    const infos = await resolver.getAddrInfo("second.test", 80, {
      flags: AI_CANONNAME,
      socktype: SOCK_STREAM,
      family: AF_INET,
    });
    assertEquals(infos.map(({ canonname }) => canonname), [
      "all.test",
      undefined,
    ]);
  });

  test("getNameInfo() and getHostByAddr() find names by PTR", async (resolver) => {
    const address = new SocketAddress(parseIpAddress("192.0.2.1"), 443);
    assertEquals(await resolver.getNameInfo(address), {
      hostname: "all.test",
      service: "https",
    });
    assertEquals(await resolver.getHostByAddr(address.ip), {
      name: "all.test",
      aliases: ["other.test"],
      addresses: [address.ip],
    });
  });

  test("getHostByName() gives the official name, all aliases on the way, and IPv4 addresses", async (resolver) => {
    const host = await resolver.getHostByName("second.test");
    const names = ["all.test", "second.test", "alias.test"];
    assertEquals([host.name, ...host.aliases], names);
    const addresses = host.addresses.map(String);
    const expected = ["192.0.2.1", "192.0.2.2"];
    assertEquals(IS_DENO ? addresses : addresses.sort(), expected);
  });

  test("lookupService() gives targets by priority", async (resolver) => {
    const targets = await resolver.lookupService({
      service: "imaps",
      domain: "all.test",
    });
    assertEquals(targets, [
      { priority: 10, weight: 5, port: 993, target: "main.test" },
      { priority: 20, weight: 0, port: 993, target: "spare.test" },
    ]);
  });

  test("lookupService() tells a service that is decidedly not there", async (resolver) => {
    const query = { service: "none", protocol: "tcp", domain: "all.test" };
    assertEquals(
      await resolver.lookupService(query).catch(({ code }) => code),
      "EAI_SERVICE",
    );
  });

  test("resolve() rejects with EAI_NONAME for a name that is not there", async (resolver) => {
    assertEquals(
      await resolver.resolve("nothing.test", "MX").catch(({ code }) => code),
      "EAI_NONAME",
    );
  });
}

Deno.test({
  name: "resolve() takes the root",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(zone);
    const resolver = new Resolver({ nameServers: [server.nameServer] });
    assertEquals(await resolver.resolve(".", "NS"), ["root.test"]);
  },
});

Deno.test({
  name: "names of addresses that are no names of hosts are passed over",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start({
      "1.2.0.192.in-addr.arpa": [
        { type: "PTR", data: "10.0.0.1" },
        { type: "PTR", data: "two words.test" },
        { type: "PTR", data: "line\nbreak.test" },
        { type: "PTR", data: "all.test" },
      ],
      "2.2.0.192.in-addr.arpa": [{ type: "PTR", data: "10.0.0.1" }],
    });
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    const [good, bad] = ["192.0.2.1", "192.0.2.2"].map(parseIpAddress);
    const { name, aliases } = await resolver.getHostByAddr(good!);
    assertEquals([name, ...aliases], ["all.test"]);
    const { hostname } = await resolver.getNameInfo(new SocketAddress(bad!, 9));
    assertEquals(hostname, "192.0.2.2");
  },
});

for (const type of ["FOO", "mx", "toString", undefined, null, 1]) {
  Deno.test({
    name: `resolve() refuses records of type ${type}`,
    permissions: "none",
    fn: async () =>
      void await assertRejects(
        () => new Resolver().resolve("a.test", type as "A"),
        TypeError,
        "the types are A, NS,",
      ),
  });
}

for (const name of [null, undefined, 1, {}]) {
  Deno.test({
    name: `resolve() and getHostByName() refuse the name ${name}`,
    permissions: "none",
    async fn() {
      const resolver = new Resolver();
      const text = name as unknown as string;
      await assertRejects(() => resolver.resolve(text, "A"), TypeError);
      await assertRejects(() => resolver.getHostByName(text), TypeError);
    },
  });
}

Deno.test({
  name: "getHostByName() refuses a family that there is not",
  permissions: "none",
  async fn() {
    const resolver = new Resolver({ hosts: false });
    for (const name of ["a.test", "localhost", "127.0.0.1"]) {
      const look = resolver.getHostByName(name, { family: 99 });
      assertEquals(await look.catch(({ code }) => code), "EAI_FAMILY", name);
    }
  },
});
