import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  formatIpAddress,
  IpAddress,
  isIpAddress,
  parseIpAddress,
  tryParseIpAddress,
} from "@berkeley/sockets/address";
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
  ["0:0:0:0:0:0:13.1.68.3", "::d01:4403"],
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
  ["::ffff:127.0.0.1", ["loopback"]],
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

for (const [text, expected] of PREDICATES) {
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

/** A slow second opinion, written for clarity alone: splits and counts. */
function oracle(text: string): string | undefined {
  const byte = (part: string) =>
    /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256;
  const parts = text.split(".");
  if (parts.length === 4 && parts.every(byte)) return parts.map(Number).join();
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string, isLast: boolean): string[] | undefined => {
    if (half === "") return [];
    const groups = half.split(":");
    const last = groups.at(-1)!;
    if (isLast && last.includes(".")) {
      const quad = last.split(".");
      if (quad.length !== 4 || !quad.every(byte)) return undefined;
      const [a, b, c, d] = quad.map(Number) as [number, number, number, number];
      groups.splice(
        -1,
        1,
        (a * 256 + b).toString(16),
        (c * 256 + d).toString(16),
      );
    }
    return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
      ? groups
      : undefined;
  };
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : groupsOf(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array(missing).fill("0"), ...tail];
  return all.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  }).join();
}

pure("parsing and formatting are a round trip, for any bytes", () => {
  const random = new Random(42);
  for (let i = 0; i < 20_000; i++) {
    const bytes = random.bytes(random.pick([4, 16]));
    if (random.next() < 0.7) {
      // Zeros make the runs that `::` stands for.
      for (let at = 0; at < bytes.length; at++) {
        if (random.next() < 0.7) bytes[at] = 0;
      }
    }
    const ip = IpAddress.fromBytes(bytes);
    const again = parseIpAddress(ip.toString());
    if (!again.equals(ip)) assertEquals(again.toBytes(), bytes, ip.toString());
    assertEquals(oracle(ip.toString()), bytes.join());
  }
});

pure("parseIpAddress() agrees with a slow oracle on mutated texts", () => {
  const random = new Random(4711);
  const letters = "0123456789abcdefABCDEF.::::....gx% -";
  const seeds = [...VALID.map(([input]) => input), ...INVALID];
  let valid = 0;
  for (let i = 0; i < 60_000; i++) {
    const text = [...random.pick(seeds)];
    for (let n = random.integer(0, 3); n > 0; n--) {
      const at = random.integer(0, text.length);
      const letter = letters[random.integer(0, letters.length - 1)]!;
      random.pick([
        () => text.splice(at, 1),
        () => text.splice(at, 0, letter),
        () => text.splice(at, 1, letter),
      ])();
    }
    const input = text.join("");
    if (input.includes("%")) continue; // zones have tests of their own
    const expected = oracle(input);
    const got = tryParseIpAddress(input)?.toBytes().join();
    if (got !== expected) assertEquals(got, expected, JSON.stringify(input));
    if (expected !== undefined) valid++;
  }
  assert(valid > 5000, `only ${valid} of the texts were addresses`);
});
