/** Names in certificates, and the message in which a client asks for one. */
import { assertEquals, assertThrows } from "@std/assert";
import { makeCertificate } from "@berkeley/sockets/testing";
import { ClientHelloReader } from "../../tls/_client_hello.ts";
import { subjectAltNamesOf, versionOf } from "../../tls/_der.ts";
import { matchesHostName } from "../../tls/_host_name.ts";

const NAMES = [
  ["example.com", "example.com", true],
  ["Example.COM", "eXample.com", true],
  ["example.com.", "example.com", true],
  ["example.com", "example.com.", true],
  ["example.com", "www.example.com", false],
  ["www.example.com", "example.com", false],
  ["*.example.com", "www.example.com", true],
  ["*.example.com", "example.com", false],
  ["*.example.com", "a.b.example.com", false],
  ["*.com", "example.com", false],
  ["*", "localhost", false],
  ["w*.example.com", "www.example.com", false],
  ["*w.example.com", "www.example.com", false],
  ["www.*.com", "www.example.com", false],
  ["*.*.com", "www.example.com", false],
  ["", "", false],
  [".com", ".com", false],
  ["a.net, DNS:evil.com", "evil.com", false],
] as const;

Deno.test("matchesHostName() follows RFC 9525", () => {
  for (const [pattern, host, expected] of NAMES) {
    assertEquals(
      matchesHostName(pattern, host),
      expected,
      `${pattern} ${host}`,
    );
  }
});

Deno.test("subjectAltNamesOf() and versionOf() read a certificate", async () => {
  const { raw } = await makeCertificate({
    names: ["a.example", "*.b.example"],
    ipAddresses: ["192.0.2.1", "2001:db8::1"],
  });
  const { dnsNames, ipAddresses } = subjectAltNamesOf(raw);
  assertEquals(dnsNames, ["a.example", "*.b.example"]);
  assertEquals(ipAddresses.map((bytes) => bytes.length), [4, 16]);
  assertEquals([...ipAddresses[0]!], [192, 0, 2, 1]);
  assertEquals(versionOf(raw), 3);
});

Deno.test("subjectAltNamesOf() throws for every cut of a certificate", async () => {
  const { raw } = await makeCertificate();
  for (let end = 0; end < raw.length; end++) {
    assertThrows(() => subjectAltNamesOf(raw.subarray(0, end)), RangeError);
  }
});

function number(value: number, size: number): number[] {
  return Array.from(
    { length: size },
    (_, i) => value >> 8 * (size - 1 - i) & 255,
  );
}

const vector = (size: number, content: number[]) => [
  ...number(content.length, size),
  ...content,
];

/** A ClientHello of these extensions, in records of at most `recordSize` bytes. */
function clientHello(extensions: number[] | undefined, recordSize = 16384) {
  const body = [
    ...[3, 3, ...Array(32).fill(7)],
    ...vector(1, [1, 2]),
    ...vector(2, [0x13, 1]),
    ...vector(1, [0]),
    ...(extensions === undefined ? [] : vector(2, extensions)),
  ];
  const message = [1, ...vector(3, body)];
  const records: number[] = [];
  for (let at = 0; at < message.length; at += recordSize) {
    const piece = message.slice(at, at + recordSize);
    records.push(22, 3, 1, ...vector(2, piece));
  }
  return Uint8Array.from(records);
}

const serverName = (name: string) => {
  const host = [0, ...vector(2, [...new TextEncoder().encode(name)])];
  return [0, 0, ...vector(2, vector(2, host))];
};
const OTHER = [0, 16, ...vector(2, [0, 3, 2, 104, 50])];

const HELLOS = [
  {
    hello: clientHello([...OTHER, ...serverName("A.example")]),
    name: "a.example",
  },
  { hello: clientHello(serverName("b"), 1), name: "b" },
  { hello: clientHello(serverName("c"), 5), name: "c" },
  { hello: clientHello(OTHER), name: undefined },
  { hello: clientHello([]), name: undefined },
  { hello: clientHello(undefined), name: undefined },
];

Deno.test("ClientHelloReader finds the name in every split of the bytes", () => {
  for (const { hello, name } of HELLOS) {
    for (let cut = 0; cut < hello.length; cut++) {
      const reader = new ClientHelloReader();
      assertEquals(reader.push(hello.subarray(0, cut)), undefined);
      const found = reader.push(hello.subarray(cut));
      assertEquals(found, { serverName: name });
      assertEquals(
        reader.received.reduce((n, b) => n + b.length, 0),
        hello.length,
      );
    }
    const reader = new ClientHelloReader();
    const bytes = Array.from(hello, (byte) => reader.push(Uint8Array.of(byte)));
    assertEquals(bytes.at(-1), { serverName: name });
  }
});

const NOT_TLS = [
  { name: "text", bytes: new TextEncoder().encode("GET / HTTP/1.1\r\n") },
  { name: "another record", bytes: Uint8Array.of(23, 3, 3, 0, 1, 0) },
  { name: "another version", bytes: Uint8Array.of(22, 2, 0) },
  { name: "another message", bytes: Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0) },
  {
    name: "a message without end",
    bytes: Uint8Array.of(22, 3, 1, 0, 4, 1, 9, 9, 9),
  },
  {
    name: "a message that is cut",
    bytes: Uint8Array.of(22, 3, 1, 0, 4, 1, 0, 0, 0),
  },
  {
    name: "empty records without end",
    bytes: new Uint8Array(40_000).map((_, i) => [22, 3, 1, 0, 0][i % 5]!),
  },
];

for (const { name, bytes } of NOT_TLS) {
  Deno.test(`ClientHelloReader refuses ${name}`, () => {
    const error = assertThrows(
      () => new ClientHelloReader().push(bytes),
      RangeError,
    );
    assertEquals(error.message.length > 0, true);
  });
}
