/** Look-ups against a name server of the test. */
import { assertEquals } from "@std/assert";
import type { Zone } from "../resolve/_dns_message.ts";
import { DnsServer } from "../resolve/_dns_server.ts";
import { assertFailsInALine, run } from "./_example.ts";

const ZONE: Zone = {
  "host.example.test": [
    { type: "A", data: "192.0.2.1" },
    { type: "A", data: "192.0.2.2" },
    { type: "AAAA", data: "2001:db8::1" },
  ],
  "alias.example.test": [{ type: "CNAME", data: "host.example.test" }],
  "1.2.0.192.in-addr.arpa": [{ type: "PTR", data: "host.example.test" }],
  "_imaps._tcp.example.test": [
    { type: "SRV", data: [20, 0, 993, "second.example.test"] },
    { type: "SRV", data: [10, 0, 1993, "first.example.test"] },
  ],
  "_sip._udp.example.test": [
    { type: "SRV", data: [0, 0, 5060, "first.example.test"] },
  ],
  "example.test": [
    { type: "MX", data: [10, "mx.example.test"] },
    { type: "NS", data: "ns.example.test" },
    { type: "TXT", data: ["one two", 'say "hi"', "\x1b[31mred\x9b"] },
    { type: "CAA", data: [128, "issue", "ca.test; policy=ev"] },
    {
      type: "NAPTR",
      data: [1, 2, "S", "SIP+D2U", "", "_sip._udp.example.test"],
    },
    {
      type: "SOA",
      data: ["ns.example.test", "admin.example.test", 1, 2, 3, 4, 5],
    },
  ],
};

const CASES: { args: string[]; expected: string[] }[] = [
  { args: ["host.example.test", "-4"], expected: ["192.0.2.1", "192.0.2.2"] },
  { args: ["host.example.test", "-6"], expected: ["2001:db8::1"] },
  {
    args: ["host.example.test", "https", "-4"],
    expected: ["192.0.2.1:443", "192.0.2.2:443"],
  },
  {
    args: ["host.example.test", "53", "-6", "--udp"],
    expected: ["[2001:db8::1]:53"],
  },
  {
    args: ["alias.example.test", "-6", "--canon"],
    expected: ["2001:db8::1 host.example.test"],
  },
  { args: ["::1", "--numeric", "80"], expected: ["[::1]:80"] },
  { args: ["192.0.2.9", "--mapped", "-6"], expected: ["::ffff:192.0.2.9"] },
  { args: ["--reverse", "192.0.2.1"], expected: ["host.example.test"] },
  {
    args: ["--reverse", "192.0.2.1", "22"],
    expected: ["host.example.test ssh"],
  },
  { args: ["--reverse", "192.0.2.7", "22"], expected: ["192.0.2.7 ssh"] },
  {
    args: ["--service", "imaps", "example.test"],
    expected: ["first.example.test:1993", "second.example.test:993"],
  },
  {
    args: ["--service", "sip", "--udp", "example.test"],
    expected: ["first.example.test:5060"],
  },
  { args: ["--type", "mx", "example.test"], expected: ["10 mx.example.test"] },
  { args: ["--type", "NS", "example.test"], expected: ["ns.example.test"] },
  {
    args: ["--type", "TXT", "example.test"],
    expected: ['"one two" "say \\"hi\\"" "\\u001b[31mred?"'],
  },
  {
    args: ["--type", "CAA", "example.test"],
    expected: ['true issue "ca.test; policy=ev"'],
  },
  {
    args: ["--type", "NAPTR", "example.test"],
    expected: ['1 2 S "SIP+D2U" "" _sip._udp.example.test'],
  },
  {
    args: ["--type", "SOA", "example.test"],
    expected: ["ns.example.test admin.example.test 1 2 3 4 5"],
  },
  {
    args: ["--type", "SRV", "_sip._udp.example.test"],
    expected: ["0 0 5060 first.example.test"],
  },
  {
    args: ["--type", "PTR", "1.2.0.192.in-addr.arpa"],
    expected: ["host.example.test"],
  },
  {
    args: ["--type", "CNAME", "alias.example.test"],
    expected: ["host.example.test"],
  },
  { args: ["--type", "AAAA", "host.example.test"], expected: ["2001:db8::1"] },
  {
    args: ["--type", "A", "host.example.test"],
    expected: ["192.0.2.1", "192.0.2.2"],
  },
];

async function lookup(...args: string[]) {
  await using server = await DnsServer.start(ZONE);
  const { hostname, port } = server.nameServer;
  const from = ["--server", `${hostname}:${port}`];
  const outcome = await run(["examples/lookup.ts", ...from, ...args]);
  assertEquals(server.errors, []);
  return outcome;
}

for (const { args, expected } of CASES) {
  Deno.test(`lookup ${args.join(" ")} prints what the server knows`, async () => {
    const { code, stdout, stderr } = await lookup(...args);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.trimEnd().split("\n"), expected);
  });
}

Deno.test("lookup without a server knows this host's own names", async () => {
  const { code, stdout } = await run([
    "examples/lookup.ts",
    "localhost",
    "http",
  ]);
  assertEquals([code, stdout], [0, "[::1]:80\n127.0.0.1:80\n"]);
});

const FAILURES: { args: string[]; expected: string }[] = [
  { args: ["nothing.example.test"], expected: "EAI_NONAME" },
  { args: ["host.example.test", "nosuch"], expected: "EAI_SERVICE" },
  { args: ["host.example.test", "--numeric"], expected: "EAI_NONAME" },
  { args: ["--reverse", "192.0.2.7"], expected: "EAI_NONAME" },
  { args: ["--reverse", "host.example.test"], expected: "host.example.test" },
  { args: ["--reverse", "192.0.2.1", "x"], expected: "NaN" },
  { args: ["--type", "MX", "host.example.test"], expected: "EAI_NODATA" },
  { args: ["--type", "ANY", "example.test"], expected: "Cannot look up ANY" },
  { args: ["--service", "ldap", "example.test"], expected: "EAI_NONAME" },
  { args: ["example.test", "--server", "x"], expected: '"x"' },
  { args: ["example.test", "--timeout=-1"], expected: "-1" },
];

for (const { args, expected } of FAILURES) {
  Deno.test(`lookup ${args.join(" ")} fails in a line`, async () => {
    const outcome = await lookup(...args);
    assertFailsInALine(outcome, expected, expected.startsWith("EAI_") ? 1 : 2);
    assertEquals(outcome.stdout, "");
  });
}
