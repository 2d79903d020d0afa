import {
  HostsTable,
  parseResolvConf,
  ProtocolTable,
  ServiceTable,
} from "../../resolve/mod.ts";
import { hostNameOf } from "../../resolve/_names.ts";
import { decodeAnswer, encodeQuery } from "../../resolve/_dns_message.ts";
import { parseIpAddress } from "../../address/mod.ts";
import { assert, assertEquals } from "@std/assert";
import {
  readQuestion,
  writeResponse,
  type ZoneRecord,
} from "./_dns_message.ts";

/** The minimal standard generator of Park and Miller, from a fixed seed. */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = seed * 48271 % 2147483647;
    return seed % below;
  };
}

const PIECES = [
  " ",
  "\t",
  "\n",
  "\r\n",
  "#",
  ";",
  "/",
  ":",
  "%",
  ".",
  "0",
  "80",
  "65536",
  "tcp",
  "udp",
  "http",
  "192.0.2.1",
  "::1",
  "fe80::1%eth0",
  "nameserver",
  "search",
  "options",
  "ndots:",
  "rotate",
  "a",
  "example.test",
  "ü",
  "\0",
  "\ud800",
  "__proto__",
  "constructor",
];

function randomText(below: (n: number) => number): string {
  let text = "";
  for (let i = below(30); i >= 0; i--) text += PIECES[below(PIECES.length)];
  return text;
}

Deno.test({
  name:
    "the parsers of files take any text without throwing, and keep within their bounds",
  permissions: "none",
  fn() {
    const below = generator(1);
    for (let i = 0; i < 5000; i++) {
      const text = randomText(below);
      HostsTable.parse(text).byName("a");
      ServiceTable.parse(text).byName("http");
      ProtocolTable.parse(text).byName("tcp");
      const conf = parseResolvConf(text);
      assert(conf.nameServers.length <= 3);
      assert(conf.ndots >= 0 && conf.ndots <= 15);
      for (const server of conf.nameServers) parseIpAddress(server);
    }
  },
});

/** Finds a name's addresses the slow way. */
function oracle(text: string, name: string): string[] {
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const [address, ...names] = line.split("#")[0]!.trim().split(/[ \t]+/);
    const matches = names.some((other) =>
      other.toLowerCase() === name.toLowerCase()
    );
    if (matches && !found.includes(address!)) found.push(address!);
  }
  return found;
}

Deno.test({
  name: "HostsTable agrees with a slow reader",
  permissions: "none",
  fn() {
    const below = generator(2);
    const names = ["a", "B", "c.test", "D.Test", "e"];
    const addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "::1"];
    for (let i = 0; i < 1000; i++) {
      const lines = Array.from({ length: below(12) }, () => {
        const words = Array.from(
          { length: below(4) },
          () => names[below(names.length)],
        );
        const comment = below(4) === 0 ? " # a b" : "";
        return `${addresses[below(addresses.length)]}${below(2) ? "\t" : "  "}${
          words.join(" ")
        }${comment}`;
      });
      const text = lines.join("\n");
      const table = HostsTable.parse(text);
      for (const name of names) {
        const actual = table.byName(name)?.addresses.map(String) ?? [];
        assertEquals(actual, oracle(text, name), text);
      }
    }
  },
});

Deno.test({
  name:
    "hostNameOf() yields what it would take again unchanged, within RFC 1035's lengths",
  permissions: "none",
  fn() {
    const below = generator(3);
    const letters = [..."abzAZ019-_..é例 :/%"];
    for (let i = 0; i < 5000; i++) {
      const text = Array.from(
        { length: below(80) },
        () => letters[below(letters.length)],
      ).join("");
      const name = hostNameOf(text);
      if (name === undefined) continue;
      assertEquals(hostNameOf(name), name);
      assert(/^[a-z0-9_.-]+$/.test(name));
      const labels = name.replace(/\.$/, "").split(".");
      assert(labels.every(({ length }) => length >= 1 && length <= 63));
    }
  },
});

Deno.test({
  name: "encodeQuery() writes what a server reads",
  permissions: "none",
  fn() {
    const below = generator(4);
    for (let i = 0; i < 500; i++) {
      const labels = Array.from(
        { length: 1 + below(4) },
        () => "x".repeat(1 + below(61)),
      );
      const name = labels.join(".").slice(0, 253).replace(/\.$/, "");
      const id = below(65536);
      const question = readQuestion(encodeQuery(id, name, "SRV"));
      assertEquals([question.id, question.name, question.type], [
        id,
        name,
        "SRV",
      ]);
      assertEquals(
        encodeQuery(id, `${name}.`, "SRV"),
        encodeQuery(id, name, "SRV"),
      );
    }
  },
});

const RECORDS: ZoneRecord[] = [
  { type: "CNAME", data: "b.test" },
  { type: "MX", data: [10, "mx.test"] },
  { type: "SOA", data: ["ns.test", "admin.test", 1, 2, 3, 4, 5] },
];

Deno.test({
  name: "decodeAnswer() takes or refuses any bytes, and never throws or loops",
  permissions: "none",
  fn() {
    const below = generator(5);
    const question = readQuestion(encodeQuery(7, "a.test", "MX"));
    const whole = writeResponse(question, {
      answers: RECORDS.map((
        record,
      ) => [record.type === "MX" ? "b.test" : "a.test", record]),
    });
    const intact = decodeAnswer(whole, 7, "a.test", "MX");
    assertEquals(intact?.records, [{ preference: 10, exchange: "mx.test" }]);
    assertEquals(intact?.canonical, "b.test");
    // Cut short anywhere, it is refused.
    for (let size = 0; size < whole.length; size++) {
      assertEquals(
        decodeAnswer(whole.subarray(0, size), 7, "a.test", "MX"),
        undefined,
      );
    }
    for (let i = 0; i < 20_000; i++) {
      const mutant = whole.slice(0, 1 + below(whole.length));
      for (let j = below(4); j >= 0; j--) {
        mutant[below(mutant.length)] = below(256);
      }
      const answer = decodeAnswer(mutant, 7, "a.test", "MX");
      if (answer === undefined) continue;
      assert(answer.canonical.length <= 255 * 4);
      assert(answer.records.length <= mutant.length / 11);
    }
    for (let i = 0; i < 5000; i++) {
      const noise = Uint8Array.from({ length: below(200) }, () => below(256));
      decodeAnswer(noise, below(65536), "a.test", "TXT");
    }
  },
});
