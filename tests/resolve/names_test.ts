import { Resolver } from "../../resolve/mod.ts";
import { hostNameOf, specialName } from "../../resolve/_names.ts";
import { assertEquals } from "@std/assert";
import { endOf } from "./_codes.ts";
import { DnsServer } from "./_dns_server.ts";

const label63 = "a".repeat(63);
const name253 = [label63, label63, label63, "a".repeat(61)].join(".");

const NAMES: { input: string; expected: string | undefined }[] = [
  { input: "example.com", expected: "example.com" },
  { input: "Example.COM.", expected: "example.com." },
  { input: "a", expected: "a" },
  { input: "_imaps._tcp.example.com", expected: "_imaps._tcp.example.com" },
  { input: "xn--bcher-kva.example", expected: "xn--bcher-kva.example" },
  { input: "1.0.0.127.in-addr.arpa", expected: "1.0.0.127.in-addr.arpa" },
  { input: "3com.com", expected: "3com.com" },
  { input: "a-.example", expected: "a-.example" },
  { input: label63, expected: label63 },
  { input: name253, expected: name253 },
  { input: `${name253}.`, expected: `${name253}.` },
  // RFC 5891: by their ASCII form.
  { input: "bücher.example", expected: "xn--bcher-kva.example" },
  { input: "BÜCHER.example", expected: "xn--bcher-kva.example" },
  { input: "例え.テスト", expected: "xn--r8jz45g.xn--zckzah" },
  // Lengths.
  { input: "", expected: undefined },
  { input: ".", expected: undefined },
  { input: "a..b", expected: undefined },
  { input: ".a", expected: undefined },
  { input: "a..", expected: undefined },
  { input: `${label63}a`, expected: undefined },
  { input: `${name253}a`, expected: undefined },
  // Characters.
  { input: "a b", expected: undefined },
  { input: "a\tb", expected: undefined },
  { input: "a\0b", expected: undefined },
  { input: "a/b", expected: undefined },
  { input: "a\\b", expected: undefined },
  { input: "a:80", expected: undefined },
  { input: "user@a", expected: undefined },
  { input: "a%20b", expected: undefined },
  { input: "[::1]", expected: undefined },
  { input: "*.example", expected: undefined },
  { input: "-a.example", expected: undefined },
  { input: "bü:80", expected: undefined },
  { input: "bü/a", expected: undefined },
  { input: "bü@a", expected: undefined },
  { input: "\ud800.example", expected: undefined },
  // Numbers.
  { input: "127.1", expected: undefined },
  { input: "127.0.0.1.", expected: undefined },
  { input: "0x7f.1", expected: undefined },
  { input: "0177.0.0.1", expected: undefined },
  { input: "1.2.3.4.5", expected: undefined },
  { input: "256.256.256.256", expected: undefined },
  { input: "example.0x", expected: undefined },
  { input: "example.1", expected: undefined },
  { input: "2130706433", expected: undefined },
  { input: "１２７.0.0.1", expected: undefined }, // full-width digits
  { input: "ü.0x7f", expected: undefined },
];

for (const { input, expected } of NAMES) {
  Deno.test({
    name: `hostNameOf() ${expected === undefined ? "refuses" : "takes"} ${
      JSON.stringify(input).slice(0, 40)
    } (${input.length} characters)`,
    permissions: "none",
    fn: () => assertEquals(hostNameOf(input), expected),
  });
}

for (
  const [name, expected] of [
    ["localhost", "localhost"],
    ["localhost.", "localhost"],
    ["a.b.localhost", "localhost"],
    ["invalid", "never"],
    ["x.invalid.", "never"],
    ["x.onion", "never"],
    ["notlocalhost", undefined],
    ["localhost.example", undefined],
    ["invalid.example", undefined],
  ] as const
) {
  Deno.test({
    name: `specialName() knows what ${name} is`,
    permissions: "none",
    fn: () => assertEquals(specialName(name), expected),
  });
}

Deno.test({
  name: "getAddrInfo() asks nobody for a name that cannot be or is special",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start();
    const resolver = new Resolver({
      nameServers: [server.nameServer],
      search: ["example.test"],
    });
    const look = (name: string): Promise<string | string[]> =>
      endOf(resolver.getAddrInfo(name, 80));
    for (const { input, expected } of NAMES) {
      if (expected === undefined) {
        assertEquals(await look(input), "EAI_NONAME", input);
      }
    }
    assertEquals(await look("x.invalid"), "EAI_NONAME");
    assertEquals(await look("x.onion."), "EAI_NONAME");
    assertEquals(await look("LOCALHOST"), ["::1", "127.0.0.1"]);
    assertEquals(await look("a.localhost."), ["::1", "127.0.0.1"]);
    assertEquals(server.log, []);
  },
});

Deno.test({
  name: "resolve() asks nobody for a name that cannot be or is special",
  permissions: { net: true },
  async fn() {
    await using server = await DnsServer.start();
    const resolver = new Resolver({ nameServers: [server.nameServer] });
    const look = (name: string, type: "A" | "AAAA" | "MX"): Promise<unknown> =>
      resolver.resolve(name, type).catch(({ code }) => code);
    assertEquals(await look("a..b", "A"), "EAI_NONAME");
    assertEquals(await look("127.1", "A"), "EAI_NONAME");
    assertEquals(await look("x.invalid", "MX"), "EAI_NONAME");
    assertEquals(await look("localhost", "A"), ["127.0.0.1"]);
    assertEquals(await look("x.localhost", "AAAA"), ["::1"]);
    assertEquals(await look("localhost", "MX"), "EAI_NODATA");
    assertEquals(server.log, []);
  },
});
