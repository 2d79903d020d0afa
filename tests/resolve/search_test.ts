import { AF_INET } from "../../address/mod.ts";
import { Resolver, type ResolverOptions } from "../../resolve/mod.ts";
import { assertEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import type { Zone } from "./_dns_message.ts";
import { DnsServer, type Fault } from "./_dns_server.ts";

const zone: Zone = {
  "www.one.test": [{ type: "A", data: "192.0.2.1" }],
  "www.two.test": [{ type: "A", data: "192.0.2.2" }],
  "only.two.test": [{ type: "A", data: "192.0.2.3" }],
  "a.b": [{ type: "A", data: "192.0.2.4" }],
  "a.b.one.test": [{ type: "A", data: "192.0.2.5" }],
  "text.one.test": [{ type: "TXT", data: ["x"] }],
};

interface SearchCase {
  name: string;
  options: ResolverOptions;
  fault?: Fault;
  asked: string[];
  expected: string | string[];
}

const both: ResolverOptions = { search: ["one.test", "two.test"] };
const CASES: SearchCase[] = [
  {
    name: "www",
    options: both,
    asked: ["www.one.test"],
    expected: ["192.0.2.1"],
  },
  {
    name: "only",
    options: both,
    asked: ["only.one.test", "only.two.test"],
    expected: ["192.0.2.3"],
  },
  {
    name: "nothing",
    options: both,
    asked: ["nothing.one.test", "nothing.two.test", "nothing"],
    expected: "EAI_NONAME",
  },
  { name: "a.b", options: both, asked: ["a.b"], expected: ["192.0.2.4"] },
  {
    name: "a.b",
    options: { ...both, ndots: 2 },
    asked: ["a.b.one.test"],
    expected: ["192.0.2.5"],
  },
  {
    name: "a.b.",
    options: { ...both, ndots: 2 },
    asked: ["a.b"],
    expected: ["192.0.2.4"],
  },
  {
    name: "c.d",
    options: both,
    asked: ["c.d", "c.d.one.test", "c.d.two.test"],
    expected: "EAI_NONAME",
  },
  {
    name: "www",
    options: { ...both, ndots: 0 },
    asked: ["www", "www.one.test"],
    expected: ["192.0.2.1"],
  },
  {
    name: "www",
    options: { search: [] },
    asked: ["www"],
    expected: "EAI_NONAME",
  },
  { name: "www", options: {}, asked: ["www"], expected: "EAI_NONAME" },
  // A name that exists without an address says more than one that does not.
  {
    name: "text",
    options: both,
    asked: ["text.one.test", "text.two.test", "text"],
    expected: "EAI_NODATA",
  },
  // A server that fails for one name may know the next; one that is silent not.
  {
    name: "only",
    options: both,
    fault: ({ name }) => name === "only.one.test" ? { rcode: 2 } : undefined,
    asked: ["only.one.test", "only.two.test"],
    expected: ["192.0.2.3"],
  },
  {
    name: "only",
    options: { ...both, timeout: 20 },
    fault: ({ name }) => name === "only.one.test" ? null : undefined,
    asked: ["only.one.test"],
    expected: "EAI_AGAIN",
  },
  {
    name: "www",
    options: { search: ["ONE.Test."] },
    asked: ["www.one.test"],
    expected: ["192.0.2.1"],
  },
  {
    name: "nothing",
    options: { search: [".", "bücher.test"] },
    asked: ["nothing.xn--bcher-kva.test", "nothing"],
    expected: "EAI_NONAME",
  },
  // What would be too long with a domain is not tried with it.
  {
    name: "a".repeat(63),
    options: {
      search: [`${"b".repeat(63)}.${"b".repeat(63)}.${"b".repeat(63)}`],
    },
    asked: ["a".repeat(63)],
    expected: "EAI_NONAME",
  },
];

for (const { name, options, fault, asked, expected } of CASES) {
  Deno.test({
    name: `getAddrInfo() asks for "${name.slice(0, 10)}" with ${
      JSON.stringify(options).slice(0, 60)
    } as ${asked.length} names`,
    permissions: { net: true },
    async fn() {
      await using server = await DnsServer.start(zone, fault);
      const resolver = new Resolver({
        nameServers: [server.nameServer],
        attempts: 1,
        hosts: false,
        ...options,
      });
      assertEquals(
        await endOf(resolver.getAddrInfo(name, 80, { family: AF_INET })),
        expected,
      );
      assertEquals(server.log, asked.map((name) => `udp A ${name}`));
    },
  });
}
