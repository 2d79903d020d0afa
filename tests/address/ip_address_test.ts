import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatIpAddress,
  IpAddress,
  IpPrefix,
  isIpAddress,
  parseIpAddress,
  tryParseIpAddress,
} from "@berkeley/sockets/address";
import { Buffer } from "node:buffer";
import { Random } from "../_random.ts";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Texts of addresses and their canonical form. */
const VALID: [input: string, expected: string][] = [
  ["0.0.0.0", "0.0.0.0"],
  ["127.0.0.1", "127.0.0.1"],
  ["255.255.255.255", "255.255.255.255"],
  ["192.0.2.10", "192.0.2.10"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  // RFC 4291 section 2.2
  [
    "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789",
    "abcd:ef01:2345:6789:abcd:ef01:2345:6789",
  ],
  ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
  ["FF01:0:0:0:0:0:0:101", "ff01::101"],
  ["0:0:0:0:0:0:13.1.68.3", "::13.1.68.3"],
  ["::FFFF:129.144.52.38", "::ffff:129.144.52.38"],
  // RFC 5952 section 4
  ["2001:0db8::0001", "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
  ["2001:db8::0:1", "2001:db8::1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::ffff:c000:201", "::ffff:192.0.2.1"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["1::1.2.3.4", "1::102:304"],
  ["::192.0.2.1", "::192.0.2.1"],
  // RFC 4007 section 11
  ["fe80::1234%1", "fe80::1234%1"],
  ["ff02::5678%eth0", "ff02::5678%eth0"],
  ["fe80::1%en-0.5_x", "fe80::1%en-0.5_x"],
];

for (const [input, expected] of VALID) {
  pure(`parseIpAddress() takes ${input} for ${expected}`, () => {
    const ip = parseIpAddress(input);
    assertEquals(ip.toString(), expected);
    assertEquals(formatIpAddress(parseIpAddress(expected)), expected);
    assert(ip.equals(parseIpAddress(expected)));
    assert(isIpAddress(input));
  });
}

const INVALID: string[] = [
  ...[
    "",
    " ",
    ".",
    ":",
    "1",
    "1.2.3",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "1.2.3.4.",
  ],
  ...[
    "1.2.3.4.5",
    "256.0.0.1",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.04",
    "00.0.0.0",
  ],
  ...[
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "2130706433",
    "1.2.3.4 ",
    " 1.2.3.4",
  ],
  ...[
    "1.2.3.-4",
    "1.2.3.+4",
    "1.2.3.4a",
    "a.b.c.d",
    "1,2,3,4",
    "１.2.3.4",
    "1.2.3.4\n",
  ],
  ...["1.2.3.4%eth0", "1.2.3.4/24", "127.001.002.003", "0x10.1.1.1", "1..1.1"],
  ...[
    ":::",
    "1:",
    ":1",
    "::1:",
    ":1::",
    "1:::2",
    "1::2::3",
    "12345::",
    "::12345",
  ],
  ...[
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
  ],
  ...[
    "12zz::1",
    "g::",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.256",
    "::01.2.3.4",
    "1.2.3.4::",
  ],
  ...[
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.4:5",
    "[::1]",
    "::1 ",
    " ::1",
    "::1\0",
    "::-1",
  ],
  ...[
    "fe80::1%",
    "fe80::1%%eth0",
    "fe80::1% ",
    "fe80::1%a b",
    "fe80::1%a/b",
    "%eth0",
  ],
  ...[
    "::ffff:1.2.3.4%eth0",
    `fe80::1%${"x".repeat(65)}`,
    "fe80::1%é",
    "fe80::1%[x]",
  ],
];

for (const input of INVALID) {
  pure(`parseIpAddress() refuses ${JSON.stringify(input)}`, () => {
    const error = assertThrows(() => parseIpAddress(input), SyntaxError);
    assertEquals(
      error.message,
      `Cannot parse ${JSON.stringify(input)}: not an IP address`,
    );
    assertEquals(tryParseIpAddress(input), undefined);
    assert(!isIpAddress(input));
  });
}

pure("IpAddress is a value: its bytes cannot be changed from outside", () => {
  const bytes = new Uint8Array([192, 0, 2, 1]);
  const ip = IpAddress.fromBytes(bytes);
  bytes[0] = 1;
  ip.toBytes()[1] = 9;
  assertEquals(ip.toString(), "192.0.2.1");
  assertEquals(JSON.stringify({ ip }), '{"ip":"192.0.2.1"}');
});

pure("IpAddress.fromBytes() copies a Buffer, whose slice() is a view", () => {
  for (const text of ["192.0.2.77", "2001:db8::77"]) {
    const buffer = Buffer.from(parseIpAddress(text).toBytes());
    const ip = IpAddress.fromBytes(buffer);
    buffer.fill(9);
    assertEquals(ip.toString(), text);
    const bytes = ip.toBytes();
    assertEquals(bytes.constructor, Uint8Array);
    bytes.fill(9);
    assertEquals(ip.toString(), text);
  }
});

pure("IpAddress.fromBytes() copies whatever a subclass says of itself", () => {
  class Liar extends Uint8Array {
    override get length(): number {
      return 16;
    }
    override slice(): this {
      return this;
    }
  }
  const bytes = new Liar([192, 0, 2, 1]);
  const ip = IpAddress.fromBytes(bytes);
  bytes.fill(9);
  assertEquals([ip.family, ip.toString()], [4, "192.0.2.1"]);
});

pure("masked() leaves the address alone that a prefix was made of", () => {
  const ip = IpAddress.fromBytes(Buffer.from([192, 0, 2, 77]));
  const prefix = new IpPrefix(ip, 24);
  assertEquals(prefix.masked().toString(), "192.0.2.0/24");
  assertEquals(prefix.last().toString(), "192.0.2.255");
  assertEquals([String(ip), String(prefix)], ["192.0.2.77", "192.0.2.77/24"]);
});

pure("IpAddress.fromBytes() refuses what is no Uint8Array", () => {
  for (const bytes of [4, "1234", [1, 2, 3, 4], new Uint16Array(4), null]) {
    assertThrows(
      () => IpAddress.fromBytes(bytes as unknown as Uint8Array),
      TypeError,
    );
  }
});

pure("IpAddress.fromBytes() refuses other sizes and wrong zones", () => {
  for (const size of [0, 3, 5, 15, 17]) {
    assertThrows(() => IpAddress.fromBytes(new Uint8Array(size)), RangeError);
  }
  assertThrows(
    () => IpAddress.fromBytes(new Uint8Array(4), "eth0"),
    SyntaxError,
  );
  assertThrows(
    () => IpAddress.fromBytes(new Uint8Array(16), "a b"),
    SyntaxError,
  );
  assertEquals(
    parseIpAddress("fe80::1").withZone("lo").toString(),
    "fe80::1%lo",
  );
});

pure("unmap() and toV4Mapped() undo each other", () => {
  const ip = parseIpAddress("192.0.2.1");
  assertEquals(ip.toV4Mapped().toString(), "::ffff:192.0.2.1");
  assert(ip.toV4Mapped().isV4Mapped());
  assert(ip.toV4Mapped().unmap().equals(ip));
  const other = parseIpAddress("::1");
  assert(other.unmap() === other && other.toV4Mapped() === other);
});

pure("compare() orders by family, bytes and zone", () => {
  const sorted = [
    "0.0.0.0",
    "9.9.9.9",
    "10.0.0.0",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%a",
    "fe80::1%b",
  ];
  const shuffled = new Random(1);
  const ips = sorted.map(parseIpAddress).sort(() => shuffled.next() - 0.5);
  assertEquals(ips.sort((a, b) => a.compare(b)).map(String), sorted);
});

const PREDICATES: [
  string,
  ("loopback" | "multicast" | "linkLocal" | "unspecified")[],
][] = [
  ["127.0.0.1", ["loopback"]],
  ["127.255.0.9", ["loopback"]],
  ["::1", ["loopback"]],
  ["::2", []],
  ["224.0.0.1", ["multicast"]],
  ["239.255.255.255", ["multicast"]],
  ["240.0.0.0", []],
  ["ff02::1", ["multicast"]],
  ["169.254.1.1", ["linkLocal"]],
  ["fe80::1", ["linkLocal"]],
  ["febf::1", ["linkLocal"]],
  ["fec0::1", []],
  ["0.0.0.0", ["unspecified"]],
  ["::", ["unspecified"]],
];

/** IPv4 addresses are classified as before once they are IPv4-mapped. */
const MAPPED = PREDICATES.filter(([text]) => !text.includes(":"))
  .map(([text, expected]): typeof PREDICATES[0] => [
    `::ffff:${text}`,
    expected,
  ]);

for (const [text, expected] of [...PREDICATES, ...MAPPED]) {
  pure(`${text} is ${expected.join() || "nothing special"}`, () => {
    const ip = parseIpAddress(text);
    const is = {
      loopback: ip.isLoopback(),
      multicast: ip.isMulticast(),
      linkLocal: ip.isLinkLocal(),
      unspecified: ip.isUnspecified(),
    };
    assertEquals(
      Object.entries(is).filter(([, yes]) => yes).map(([name]) => name),
      expected,
    );
  });
}
