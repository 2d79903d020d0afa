/** What one caller does to the result of a look-up, no other caller sees. */
import { AF_UNSPEC, IpAddress, parseIpAddress } from "../../address/mod.ts";
import {
  AI_CANONNAME,
  getProtoByName,
  getProtoByNumber,
  getServByName,
  getServByPort,
  HostsTable,
  ProtocolTable,
  type RecordType,
  Resolver,
  ServiceTable,
} from "../../resolve/mod.ts";
import { assert, assertEquals } from "@std/assert";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";

const zone: Zone = {
  "all.test": [
    { type: "A", data: "192.0.2.1" },
    { type: "A", data: "192.0.2.2" },
    { type: "AAAA", data: "2001:db8::1" },
    { type: "CAA", data: [0, "issue", "ca.test"] },
    { type: "MX", data: [10, "mx.test"] },
    { type: "NAPTR", data: [1, 2, "S", "SIP+D2U", "", "sip.test"] },
    { type: "NS", data: "ns.test" },
    { type: "PTR", data: "host.test" },
    { type: "SOA", data: ["ns.test", "admin.test", 1, 2, 3, 4, 5] },
    { type: "SRV", data: [1, 2, 80, "host.test"] },
    { type: "TXT", data: ["one", "two"] },
  ],
  "alias.test": [{ type: "CNAME", data: "all.test" }],
  "1.2.0.192.in-addr.arpa": [
    { type: "PTR", data: "one.test" },
    { type: "PTR", data: "two.test" },
  ],
};

/** A result in text, with the own properties of all that it holds. */
function textOf(value: unknown): string {
  return Deno.inspect(value, { depth: 10, showHidden: true });
}

/** Changes whatever of a result lets itself be changed. */
function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Uint8Array) value.fill(0xee);
  for (const key of Reflect.ownKeys(value)) {
    spoil(Reflect.get(value, key), seen);
    if (key !== "length") Reflect.set(value, key, "spoilt");
  }
  for (const name of ["toString", "toBytes", "extra", "push"]) {
    Reflect.defineProperty(value, name, {
      value: () => "spoilt",
      configurable: true,
    });
  }
  if (value instanceof IpAddress) value.toBytes().fill(0xee);
  if (Array.isArray(value) && !Object.isFrozen(value)) value.length = 0;
}

async function checkIsolation(
  look: () => unknown,
): Promise<void> {
  const before = textOf(await look());
  const [one, other] = await Promise.all([look(), look()]);
  spoil(one);
  assertEquals(textOf(other), before, "a look-up at the same time");
  assertEquals(textOf(await look()), before, "a later look-up");
  assert(!before.includes("spoilt"));
}

const TYPES: readonly RecordType[] = [
  "A",
  "AAAA",
  "CAA",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SRV",
  "TXT",
];

const LOOKS: { [what: string]: (resolver: Resolver) => Promise<unknown> } = {
  ...Object.fromEntries(TYPES.map((type) => [
    `resolve() of ${type}`,
    (resolver: Resolver) => resolver.resolve("all.test", type),
  ])),
  "resolve() of CNAME": (resolver) => resolver.resolve("alias.test", "CNAME"),
  "lookupService()": (resolver) =>
    resolver.resolve("all.test", "SRV").then(() =>
      resolver.lookupService({ service: "x", domain: "none.test" })
        .catch(({ code }) => code)
    ),
  "getAddrInfo()": (resolver) =>
    resolver.getAddrInfo("alias.test", 80, { flags: AI_CANONNAME }),
  "getAddrInfo() by the hosts file": (resolver) =>
    resolver.getAddrInfo("hosts.test", 80, { flags: AI_CANONNAME }),
  "getAddrInfo() of localhost": (resolver) =>
    resolver.getAddrInfo("localhost", 80),
  "getAddrInfo() without a node": (resolver) => resolver.getAddrInfo(null, 80),
  "getHostByName()": (resolver) =>
    resolver.getHostByName("alias.test", { family: AF_UNSPEC }),
  "getHostByName() by the hosts file": (resolver) =>
    resolver.getHostByName("hosts.test", { family: AF_UNSPEC }),
  "getHostByAddr()": (resolver) =>
    resolver.getHostByAddr(parseIpAddress("192.0.2.1")),
  "getHostByAddr() by the hosts file": (resolver) =>
    resolver.getHostByAddr(parseIpAddress("192.0.2.9")),
  "getNameInfo()": (resolver) =>
    resolver.getNameInfo({ hostname: "192.0.2.1", port: 80 }),
};

for (const [what, look] of Object.entries(LOOKS)) {
  Deno.test(`${what} gives each caller a result of its own`, async () => {
    await using server = await DnsServer.start(zone);
    const hosts = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(
        hosts,
        "192.0.2.9 hosts.test a.test\n2001:db8::9 hosts.test b.test\n",
      );
      const resolver = new Resolver({
        nameServers: [server.nameServer],
        hosts,
      });
      await checkIsolation(() => look(resolver));
    } finally {
      await Deno.remove(hosts);
    }
  });
}

const services = new ServiceTable([
  { name: "http", aliases: ["www"], port: 80, protocol: "tcp" },
]);
const protocols = new ProtocolTable([
  { name: "tcp", aliases: ["TCP"], protocol: 6 },
]);
const hosts = HostsTable.parse("192.0.2.9 hosts.test a.test\n");
const TABLES: { [what: string]: () => unknown } = {
  "getServByName()": () => getServByName("http"),
  "getServByPort()": () => getServByPort(25),
  "getProtoByName()": () => getProtoByName("tcp"),
  "getProtoByNumber()": () => getProtoByNumber(17),
  "ServiceTable.byName()": () => services.byName("www"),
  "ServiceTable.byPort()": () => services.byPort(80, "tcp"),
  "ProtocolTable.byName()": () => protocols.byName("TCP"),
  "ProtocolTable.byNumber()": () => protocols.byNumber(6),
  "HostsTable.byName()": () => hosts.byName("a.test"),
  "HostsTable.byAddress()": () => hosts.byAddress(parseIpAddress("192.0.2.9")),
};

for (const [what, look] of Object.entries(TABLES)) {
  Deno.test({
    name: `${what} gives each caller a result of its own`,
    permissions: "none",
    fn: () => checkIsolation(look),
  });
}

Deno.test({
  name: "ServiceTable and ProtocolTable keep what they were made of",
  permissions: "none",
  fn() {
    const service = { name: "a", aliases: ["b"], port: 1, protocol: "tcp" };
    const protocol = { name: "a", aliases: ["b"], protocol: 1 };
    const serviceTable = new ServiceTable([service]);
    const protocolTable = new ProtocolTable([protocol]);
    for (const entry of [service, protocol]) {
      entry.name = "c";
      entry.aliases.push("d");
    }
    assertEquals(serviceTable.byPort(1)?.name, "a");
    assertEquals(serviceTable.byName("a")?.aliases, ["b"]);
    assertEquals(protocolTable.byNumber(1)?.name, "a");
    assertEquals(protocolTable.byName("a")?.aliases, ["b"]);
  },
});

Deno.test({
  name: "Resolver keeps the options that it was made with",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start(zone);
    const { hostname, port } = server.nameServer;
    const nameServer = { hostname, port };
    const options = { nameServers: [nameServer], hosts: false, search: [] };
    const resolver = new Resolver(options);
    nameServer.port = 1;
    options.nameServers.length = 0;
    const [first] = await resolver.resolve("all.test", "MX");
    assertEquals(first?.exchange, "mx.test");
  },
});

Deno.test({
  name: "a cached answer keeps no more memory than its addresses",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start({}, ({ name }) => ({
      answers: [[name, { type: "A", ttl: 600, data: "192.0.2.1" }]],
    }));
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
      cache: { size: 2000 },
    });
    const buffers = (): number => Deno.memoryUsage().external;
    const look = async (from: number, to: number): Promise<number> => {
      for (let i = from; i < to; i++) {
        await resolver.resolve(`n${i}.test`, "A");
      }
      // Each name that pinned its datagram would keep 64 KiB of external memory.
      (globalThis as { gc?: () => void }).gc?.();
      await new Promise((resolve) => setTimeout(resolve, 0));
      return buffers();
    };
    const before = await look(0, 200);
    const after = await look(200, 1200);
    assert(after - before < 1000 * 32 * 1024, `${after - before} bytes more`);
  },
});
