import { parseIpAddress } from "../../address/mod.ts";
import {
  getProtoByName,
  getProtoByNumber,
  getServByName,
  getServByPort,
  HostsTable,
  parseResolvConf,
  ProtocolTable,
  type ResolvConf,
  Resolver,
  ServiceTable,
} from "../../resolve/mod.ts";
import { PROTOCOLS, SERVICES } from "../../resolve/_service_tables.ts";
import { systemPaths } from "../../resolve/_system_files.ts";
import { WatchedFile } from "../../resolve/_watched_file.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { endOf } from "./_codes.ts";
import { IS_DENO } from "../_runtime.ts";

const HOSTS = [
  "# the usual",
  "127.0.0.1\tlocalhost",
  "::1 localhost ip6-localhost\r",
  "192.0.2.1 www.example.test WWW web # a comment",
  "2001:db8::1   www.example.test",
  "192.0.2.1 other.example.test",
  "192.0.2.2 www.example.test www.example.test",
  "fe80::1%eth0 link",
  "192.0.2.3",
  "192.0.2.256 bad",
  "127.1 bad",
  "name.example.test 192.0.2.4",
  "  192.0.2.5 indented",
  "192.0.2.6 dotted.",
  "#192.0.2.7 commented",
].join("\n");

Deno.test("HostsTable finds names without regard to case, over several lines and both families", () => {
  const hosts = HostsTable.parse(HOSTS);
  const cases: {
    name: string;
    addresses: string[];
    canonical?: string;
    aliases?: string[];
  }[] = [
    {
      name: "www.example.test",
      addresses: ["192.0.2.1", "2001:db8::1", "192.0.2.2"],
      canonical: "www.example.test",
      aliases: ["WWW", "web"],
    },
    {
      name: "wWw",
      addresses: ["192.0.2.1"],
      canonical: "www.example.test",
      aliases: ["WWW", "web"],
    },
    {
      name: "localhost",
      addresses: ["127.0.0.1", "::1"],
      aliases: ["ip6-localhost"],
    },
    { name: "link", addresses: ["fe80::1%eth0"] },
    { name: "indented.", addresses: ["192.0.2.5"] },
    { name: "dotted", addresses: ["192.0.2.6"], canonical: "dotted." },
  ];
  for (const { name, addresses, canonical, aliases } of cases) {
    const entry = hosts.byName(name);
    assertEquals(entry?.addresses.map(String), addresses, name);
    if (canonical !== undefined) assertEquals(entry?.name, canonical);
    if (aliases !== undefined) assertEquals(entry?.aliases, aliases);
  }
  for (const name of ["bad", "commented", "192.0.2.4", "a", "", "#"]) {
    assertEquals(hosts.byName(name), undefined, name);
  }
});

Deno.test("HostsTable finds addresses by their first line", () => {
  const hosts = HostsTable.parse(HOSTS);
  assertEquals(
    hosts.byAddress(parseIpAddress("192.0.2.1"))?.name,
    "www.example.test",
  );
  assertEquals(
    hosts.byAddress(parseIpAddress("2001:DB8:0::1"))?.name,
    "www.example.test",
  );
  assertEquals(hosts.byAddress(parseIpAddress("192.0.2.3")), undefined);
});

Deno.test("HostsTable takes a block list of 100,000 names on one address in its stride", () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `0.0.0.0 ads${i}.example.test`,
  );
  const repeated = Array.from({ length: 100_000 }, () => "192.0.2.1 same");
  const hosts = HostsTable.parse([...lines, ...repeated].join("\n"));
  assertEquals(hosts.byName("ads99999.example.test")?.addresses.map(String), [
    "0.0.0.0",
  ]);
  assertEquals(
    hosts.byAddress(parseIpAddress("0.0.0.0"))?.name,
    "ads0.example.test",
  );
  assertEquals(hosts.byName("same")?.addresses.length, 1);
});

const DEFAULTS: ResolvConf = {
  nameServers: [],
  search: [],
  ndots: 1,
  timeout: 5000,
  attempts: 2,
  rotate: false,
};

const RESOLV_CONFS: { input: string; expected: Partial<ResolvConf> }[] = [
  { input: "", expected: {} },
  { input: "; comment\n# comment\n  ;nameserver 192.0.2.1", expected: {} },
  {
    input: "nameserver 192.0.2.1\r\nnameserver 2001:db8::1\r\n",
    expected: { nameServers: ["192.0.2.1", "2001:db8::1"] },
  },
  {
    input:
      "nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4",
    expected: { nameServers: ["1.1.1.1", "2.2.2.2", "3.3.3.3"] },
  },
  {
    input: "nameserver fe80::1%eth0",
    expected: { nameServers: ["fe80::1%eth0"] },
  },
  {
    input: "nameserver example.com\nnameserver\nnameserver 127.1",
    expected: {},
  },
  {
    input: "search a.test B.test.\t c.test",
    expected: { search: ["a.test", "b.test", "c.test"] },
  },
  { input: "search a.test\nsearch b.test", expected: { search: ["b.test"] } },
  { input: "domain a.test b.test", expected: { search: ["a.test"] } },
  {
    input: "search a.test b.test\ndomain c.test",
    expected: { search: ["c.test"] },
  },
  {
    input: "domain c.test\nsearch a.test b.test",
    expected: { search: ["a.test", "b.test"] },
  },
  { input: "search .", expected: { search: [] } },
  {
    input: "options ndots:3 timeout:2 attempts:4 rotate edns0",
    expected: { ndots: 3, timeout: 2000, attempts: 4, rotate: true },
  },
  {
    input: "options ndots:99 timeout:999\noptions attempts:99",
    expected: { ndots: 15, timeout: 30_000, attempts: 5 },
  },
  {
    input: "options timeout:0 attempts:0",
    expected: { timeout: 1000, attempts: 1 },
  },
  { input: "options ndots:x ndots: ndots:-1 ndots", expected: {} },
  {
    input: "Nameserver 192.0.2.1\nunknown thing\nsortlist 10.0.0.0/8",
    expected: {},
  },
];

for (const { input, expected } of RESOLV_CONFS) {
  Deno.test({
    name: `parseResolvConf() reads ${JSON.stringify(input)}`,
    permissions: "none",
    fn: () =>
      assertEquals(parseResolvConf(input), { ...DEFAULTS, ...expected }),
  });
}

Deno.test({
  name:
    "the built-in services and protocols are several hundred, and parse without loss",
  permissions: "none",
  fn() {
    const lines = SERVICES.split("\n");
    assert(lines.length > 300);
    const table = ServiceTable.parse(SERVICES);
    const rows = lines.map((line) => {
      const [name, target, ...aliases] = line.split(" ");
      const [port, protocol] = target!.split("/");
      return {
        names: [name!, ...aliases],
        port: Number(port),
        protocol: protocol!,
      };
    });
    for (const { names, port, protocol } of rows) {
      for (const name of names) {
        const first = rows.find((row) =>
          row.protocol === protocol && row.names.includes(name)
        );
        assertEquals(table.byName(name, protocol)?.port, first?.port, name);
        const any = rows.find((row) => row.names.includes(name));
        assertEquals(table.byName(name)?.port, any?.port, name);
      }
      const first = rows.find((row) =>
        row.protocol === protocol && row.port === port
      );
      assertEquals(table.byPort(port, protocol)?.name, first?.names[0]);
    }
    for (const line of PROTOCOLS.split("\n")) {
      const [name, number] = line.split(" ");
      assertEquals(
        ProtocolTable.parse(PROTOCOLS).byName(name!)?.protocol,
        Number(number),
      );
    }
  },
});

for (const permissions of ["none", "inherit"] as const) {
  Deno.test({
    name:
      `services and protocols are known with the permissions "${permissions}"`,
    permissions,
    fn() {
      assertEquals(getServByName("http", "tcp")?.port, 80);
      assertEquals(getServByName("domain", "udp")?.port, 53);
      assertEquals(getServByName("https")?.protocol, "tcp");
      assertEquals(getServByName("nosuch"), undefined);
      assertEquals(getServByName("http", "sctp"), undefined);
      assertEquals(getServByName("constructor"), undefined);
      assertEquals(getServByPort(22, "tcp")?.name, "ssh");
      assertEquals(getServByPort(1, "udp"), undefined);
      assertThrows(() => getServByPort(65536), RangeError);
      assertEquals(getProtoByName("tcp")?.protocol, 6);
      assertEquals(getProtoByName("ICMP")?.name, "icmp");
      assertEquals(getProtoByNumber(17)?.name, "udp");
      assertEquals(getProtoByNumber(251), undefined);
    },
  });
}

Deno.test("systemPaths() knows where Windows, macOS and Linux keep their tables", () => {
  assertEquals(
    systemPaths("windows", "D:\\Win").hosts,
    "D:\\Win\\System32\\drivers\\etc\\hosts",
  );
  assertEquals(
    systemPaths("windows").protocols,
    "C:\\Windows\\System32\\drivers\\etc\\protocol",
  );
  assertEquals(systemPaths("windows").resolvConf, undefined);
  assertEquals(systemPaths("darwin"), systemPaths("linux"));
  assertEquals(systemPaths("linux").hosts, "/etc/hosts");
});

Deno.test("WatchedFile is read again when it changed, and looked at once a second at most", () => {
  const path = Deno.makeTempFileSync();
  try {
    let time = 0;
    let parsed = 0;
    const file = new WatchedFile(path, (text) => (parsed++, text), () => time);
    Deno.writeTextFileSync(path, "one");
    assertEquals(file.current(), "one");
    Deno.writeTextFileSync(path, "second");
    time = 999;
    assertEquals(file.current(), "one");
    time = 1000;
    assertEquals(file.current(), "second");
    time = 2000;
    assertEquals(file.current(), "second");
    assertEquals(parsed, 2);
    Deno.removeSync(path);
    time = 3000;
    assertEquals(file.current(), undefined);
    Deno.writeTextFileSync(path, "second");
    time = 4000;
    assertEquals(file.current(), "second");
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test({
  name: "WatchedFile reads no device, whose text may never end",
  ignore: Deno.build.os === "windows",
  fn() {
    const file = new WatchedFile(
      "/dev/null",
      (text) => `text: ${text}`,
      () => 0,
    );
    assertEquals(file.current(), undefined);
  },
});

Deno.test("Resolver takes addresses from the hosts file it is told to, and follows its changes", async () => {
  const path = Deno.makeTempFileSync();
  try {
    let time = 0;
    Deno.writeTextFileSync(
      path,
      "192.0.2.1 host alias\n2001:db8::1 host\n192.0.2.9 four",
    );
    const resolver = new Resolver({
      hosts: path,
      now: () => time,
      nameServers: [{ hostname: "127.0.0.1", port: 1 }],
    });
    const look = (name: string, family = 0): Promise<string | string[]> =>
      endOf(resolver.getAddrInfo(name, 80, { family, timeout: 10 }));
    assertEquals((await look("HOST") as string[]).toSorted(), [
      "192.0.2.1",
      "2001:db8::1",
    ]);
    assertEquals(await look("host", 2), ["192.0.2.1"]);
    // Asked of the server, whose port is closed.
    assert(["ETIMEDOUT", "EAI_AGAIN"].includes(String(await look("four", 10))));
    const entry = await resolver.getHostByName("alias");
    assertEquals({ ...entry, addresses: entry.addresses.map(String) }, {
      name: "host",
      aliases: ["alias"],
      addresses: ["192.0.2.1"],
    });
    assertEquals(
      (await resolver.getHostByAddr(parseIpAddress("192.0.2.9"))).name,
      "four",
    );
    Deno.writeTextFileSync(path, "192.0.2.22 host");
    time = 1000;
    assertEquals(await look("host"), ["192.0.2.22"]);
  } finally {
    Deno.removeSync(path);
  }
});

const OWN_FOLDER = import.meta.dirname!;

Deno.test({
  name:
    "Resolver leaves the hosts file alone where reading is not permitted, and does not prompt",
  ignore: !IS_DENO,
  permissions: { net: true, read: false },
  async fn() {
    const path = `${OWN_FOLDER}/files_test.ts`;
    assertEquals(
      Deno.permissions.querySync({ name: "read", path }).state,
      "prompt",
    );
    const resolver = new Resolver({
      hosts: path,
      nameServers: [{ hostname: "127.0.0.1", port: 1 }],
    });
    const end = await endOf(
      resolver.getAddrInfo("host.test", 80, { timeout: 10 }),
    );
    assertEquals(end, "ETIMEDOUT");
  },
});
