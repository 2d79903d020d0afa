import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IpPrefix,
  parseIpAddress,
  SOCK_STREAM,
} from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { settingsOf } from "../../resolve/_settings.ts";
import { configuredFamily } from "../../resolve/_order.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer } from "./_dns_server.ts";
import { IS_DENO } from "../_runtime.ts";

const BAD: {
  options: ResolverOptions;
  error: typeof RangeError | typeof SyntaxError | typeof TypeError;
}[] = [
  { options: { timeout: 0 }, error: RangeError },
  { options: { timeout: -1 }, error: RangeError },
  { options: { timeout: NaN }, error: RangeError },
  { options: { attempts: 0 }, error: RangeError },
  { options: { ndots: -1 }, error: RangeError },
  { options: { cache: { size: -1 } }, error: RangeError },
  { options: { cache: { ttl: NaN } }, error: RangeError },
  { options: { cache: { staleIfError: -5 } }, error: RangeError },
  {
    options: { nameServers: [{ hostname: "192.0.2.1", port: 65536 }] },
    error: RangeError,
  },
  {
    options: { nameServers: [{ hostname: "dns.example" }] },
    error: SyntaxError,
  },
  { options: { nameServers: [{ hostname: "127.1" }] }, error: SyntaxError },
  { options: { search: [""] }, error: SyntaxError },
  { options: { search: [".one.test"] }, error: SyntaxError },
  { options: { search: ["one.test", "a..b"] }, error: SyntaxError },
  { options: { search: ["one.test two.test"] }, error: SyntaxError },
  { options: { search: [`${"a".repeat(64)}.test`] }, error: SyntaxError },
  { options: { timeout: "5" as unknown as number }, error: TypeError },
  { options: { ndots: null as unknown as number }, error: TypeError },
  { options: { cache: { size: "1" as unknown as number } }, error: TypeError },
  { options: { order: "ipv5first" as "ipv4first" }, error: TypeError },
  { options: { source: "file" as "dns" }, error: TypeError },
];

for (const { options, error } of BAD) {
  Deno.test({
    name: `Resolver refuses ${JSON.stringify(options)}`,
    permissions: "none",
    fn: () => void assertThrows(() => new Resolver(options), error),
  });
}

for (
  const { host, texts } of [
    { host: "::1", texts: ["0:0:0:0:0:0:0:1", "::0001", "::"] },
    {
      host: "127.0.0.1",
      texts: ["0.0.0.0", "::FFFF:7F00:1", "::ffff:0.0.0.0"],
    },
  ]
) {
  Deno.test({
    name: `Resolver takes the answers of ${host}, whether it is called ${
      texts.join(" or ")
    }`,
    permissions: { net: true },
    async fn() {
      const zone: Zone = { "a.test": [{ type: "A", data: "192.0.2.1" }] };
      await using server = await DnsServer.start(zone, undefined, {
        hostname: host,
      });
      const { port } = server.nameServer;
      for (const hostname of texts) {
        const resolver = new Resolver({
          nameServers: [{ hostname, port }],
          attempts: 1,
          hosts: false,
        });
        const look = resolver.getAddrInfo("a.test", 80, { family: AF_INET });
        assertEquals(await endOf(look), ["192.0.2.1"], hostname);
      }
    },
  });
}

// On Windows a socket of IPv6 does not reach IPv4; here it does, so that only the
// address tells.
Deno.test({
  name:
    "Resolver asks an IPv4-mapped name server as the IPv4 address that it is",
  permissions: "none",
  fn() {
    const { nameServers } = settingsOf({
      nameServers: [
        { hostname: "::ffff:192.0.2.53" },
        { hostname: "::ffff:0.0.0.0", port: 5353 },
      ],
    });
    assertEquals(nameServers, [
      { hostname: "192.0.2.53", port: 53 },
      { hostname: "127.0.0.1", port: 5353 },
    ]);
  },
});

for (const timeout of [Infinity, 2 ** 31, 2 ** 53]) {
  Deno.test({
    name: `Resolver waits for a server that takes its time with ${
      JSON.stringify({ timeout: String(timeout) })
    }`,
    permissions: { net: true },
    async fn() {
      await using server = await DnsServer.start(
        { "a.test": [{ type: "A", data: "192.0.2.1" }] },
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return undefined;
        },
      );
      const resolver = new Resolver({
        nameServers: [server.nameServer],
        attempts: 1,
        hosts: false,
        timeout,
      });
      const look = resolver.getAddrInfo("a.test", 80, { family: AF_INET });
      assertEquals(await endOf(look), ["192.0.2.1"]);
    },
  });
}

Deno.test({
  name: "Resolver orders the addresses as it is told",
  ignore: !IS_DENO, // elsewhere the interfaces are seen, and say the order
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start({
      "a.test": [
        { type: "A", data: "192.0.2.2" },
        { type: "AAAA", data: "2001:db8::2" },
        { type: "AAAA", data: "2001:db8::1" },
        { type: "A", data: "192.0.2.1" },
      ],
    });
    const orders = {
      rfc6724: ["2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"],
      verbatim: ["2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"],
      ipv6first: ["2001:db8::2", "2001:db8::1", "192.0.2.2", "192.0.2.1"],
      ipv4first: ["192.0.2.2", "192.0.2.1", "2001:db8::2", "2001:db8::1"],
    } as const;
    for (const [order, expected] of Object.entries(orders)) {
      const resolver = new Resolver({
        nameServers: [server.nameServer],
        hosts: false,
        order: order as keyof typeof orders,
      });
      const end = await endOf(
        resolver.getAddrInfo("a.test", 80, { socktype: SOCK_STREAM }),
      );
      assertEquals(end, [...expected], order);
    }
  },
});

Deno.test({
  name:
    "Resolver asks for 2,000 names at a time without running out of sockets",
  permissions: { net: true },
  async fn() {
    const names = Array.from({ length: 2000 }, (_, i) => `n${i}.test`);
    await using server = await DnsServer.start(
      Object.fromEntries(
        names.map((name) => [name, [{ type: "A", data: "192.0.2.1" }]]),
      ),
    );
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      hosts: false,
    });
    const controller = new AbortController();
    const giveUp = (name: string): Promise<unknown> =>
      resolver.getAddrInfo(name, 80, { signal: controller.signal })
        .catch((reason) => reason);
    const given = giveUp("given.up.test");
    const looks = names.map((name) =>
      endOf(resolver.getAddrInfo(name, 80, { family: AF_INET }))
    );
    const late = giveUp("late.test");
    controller.abort("enough");
    for (const end of await Promise.all(looks)) {
      assertEquals(end, ["192.0.2.1"]);
    }
    assertEquals([await given, await late], ["enough", "enough"]);
    assertEquals(server.log.filter((line) => line.endsWith("late.test")), []);
  },
});

const HAS = {
  nothing: ["127.0.0.1", "::1"],
  ipv4: ["127.0.0.1", "::1", "192.0.2.1"],
  ipv6: ["127.0.0.1", "::1", "2001:db8::1"],
  both: ["192.0.2.1", "2001:db8::1"],
};

for (
  const [what, family, expected] of [
    ["nothing", AF_UNSPEC, AF_UNSPEC],
    ["nothing", AF_INET, undefined],
    ["nothing", AF_INET6, undefined],
    ["ipv4", AF_UNSPEC, AF_INET],
    ["ipv4", AF_INET, AF_INET],
    ["ipv4", AF_INET6, undefined],
    ["ipv6", AF_UNSPEC, AF_INET6],
    ["ipv6", AF_INET, undefined],
    ["ipv6", AF_INET6, AF_INET6],
    ["both", AF_UNSPEC, AF_UNSPEC],
    ["both", AF_INET, AF_INET],
    ["both", AF_INET6, AF_INET6],
  ] as const
) {
  Deno.test({
    name:
      `AI_ADDRCONFIG leaves ${expected} of family ${family} on a host with ${what}`,
    permissions: "none",
    fn() {
      const interfaces = HAS[what].map((text) =>
        new IpPrefix(parseIpAddress(text), 24)
      );
      assertEquals(configuredFamily(family, interfaces), expected);
      assertEquals(configuredFamily(family, undefined), family);
    },
  });
}
