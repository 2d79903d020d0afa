import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  addressOfReverseName,
  checkPort,
  commonPrefixLength,
  htonl,
  htons,
  type IpAddress,
  IpPrefix,
  isBroadcast,
  isDocumentation,
  isGlobal,
  isPrivate,
  ntohl,
  ntohs,
  parseIpAddress,
  parseSocketAddress,
  reverseName,
  scopeOf,
  SocketAddress,
  specialPurposeOf,
} from "@berkeley/sockets/address";
import { Random } from "../_random.ts";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

for (
  const text of [
    "127.0.0.1:80",
    "0.0.0.0:0",
    "[::1]:443",
    "[fe80::1%eth0]:65535",
    "[::ffff:1.2.3.4]:53",
  ]
) {
  pure(`parseSocketAddress() takes ${text}`, () => {
    const address = parseSocketAddress(text);
    assertEquals(address.toString(), text);
    const plain = address.toNetAddr("udp");
    assertEquals(plain.transport, "udp");
    assert(SocketAddress.from(plain).equals(address));
    assertEquals(address.compare(SocketAddress.from(plain)), 0);
  });
}

for (
  const text of [
    ...[
      "",
      "127.0.0.1",
      ":80",
      "127.0.0.1:",
      "127.0.0.1:65536",
      "127.0.0.1:-1",
    ],
    ...[
      "127.0.0.1:080",
      "127.0.0.1: 80",
      "[127.0.0.1]:80",
      "::1:80",
      "[::1]",
      "[::1]80",
    ],
    ...[
      "[::1]:",
      "::1",
      "localhost:80",
      "[::1]:80 ",
      "[]:80",
      "[::1]]:80",
      "1.2.3:80",
    ],
  ]
) {
  pure(`parseSocketAddress() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(
      () => parseSocketAddress(text),
      SyntaxError,
      JSON.stringify(text),
    );
  });
}

pure("ports are integers from 0 to 65535", () => {
  for (const port of [0, 1, 65_535]) assertEquals(checkPort(port), port);
  for (
    const port of [-1, 65_536, 1.5, NaN, Infinity, "80" as unknown as number]
  ) {
    assertThrows(() => checkPort(port), RangeError, String(port));
  }
  assertThrows(
    () => new SocketAddress(parseIpAddress("::1"), 65_536),
    RangeError,
  );
});

const PREFIXES = [
  {
    text: "0.0.0.0/0",
    first: "0.0.0.0",
    last: "255.255.255.255",
    holds: "9.9.9.9",
    lacks: "::1",
  },
  {
    text: "10.1.2.3/8",
    first: "10.0.0.0",
    last: "10.255.255.255",
    holds: "10.9.9.9",
    lacks: "11.0.0.0",
  },
  {
    text: "192.0.2.128/25",
    first: "192.0.2.128",
    last: "192.0.2.255",
    holds: "192.0.2.129",
    lacks: "192.0.2.127",
  },
  {
    text: "192.0.2.1/32",
    first: "192.0.2.1",
    last: "192.0.2.1",
    holds: "192.0.2.1",
    lacks: "192.0.2.0",
  },
  {
    text: "::/0",
    first: "::",
    last: "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    holds: "::1",
    lacks: "1.2.3.4",
  },
  {
    text: "2001:db8::1/33",
    first: "2001:db8::",
    last: "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
    holds: "2001:db8::9",
    lacks: "2001:db8:8000::",
  },
];

for (const { text, first, last, holds, lacks } of PREFIXES) {
  pure(`IpPrefix ${text} goes from ${first} to ${last}`, () => {
    const prefix = IpPrefix.parse(text);
    assertEquals(prefix.toString(), text);
    assertEquals([String(prefix.first()), String(prefix.last())], [
      first,
      last,
    ]);
    assertEquals(prefix.masked().toString(), `${first}/${prefix.length}`);
    for (const inside of [first, last, holds]) {
      assert(prefix.contains(parseIpAddress(inside)));
    }
    assert(!prefix.contains(parseIpAddress(lacks)));
  });
}

pure("IpPrefix.parse() refuses what is no prefix", () => {
  for (
    const text of [
      "",
      "1.2.3.4",
      "1.2.3.4/",
      "1.2.3.4/33",
      "::/129",
      "1.2.3.4/-1",
      "1.2.3.4/08",
      "/8",
      "fe80::%a/64",
      "1.2.3/8",
      "1.2.3.4/8/8",
      "x/8",
    ]
  ) assertThrows(() => IpPrefix.parse(text), SyntaxError);
  assertThrows(() => new IpPrefix(parseIpAddress("1.2.3.4"), 33), RangeError);
});

pure("IpPrefix overlaps, compares and equals", () => {
  const [a, b, c, d] = ["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8", "::/0"].map(
    IpPrefix.parse,
  ) as [IpPrefix, IpPrefix, IpPrefix, IpPrefix];
  assert(a.overlaps(b) && b.overlaps(a) && a.overlaps(a));
  assert(!a.overlaps(c) && !a.overlaps(d));
  assert(a.equals(IpPrefix.parse("10.0.0.0/8")) && !a.equals(b));
  assertEquals([d, c, b, a].sort((x, y) => x.compare(y)).map(String), [
    "10.0.0.0/8",
    "10.1.0.0/16",
    "11.0.0.0/8",
    "::/0",
  ]);
});

pure("commonPrefixLength() counts bits, as a slow count does", () => {
  const random = new Random(9);
  for (let i = 0; i < 2000; i++) {
    const bytes = random.bytes(random.pick([4, 16]));
    const other = bytes.slice();
    const bit = random.integer(0, bytes.length * 8 - 1);
    other[bit >> 3]! ^= 0x80 >> (bit & 7);
    const [a, b] = [bytes, other].map((raw) =>
      parseIpAddress(
        raw.length === 4 ? raw.join(".") : Array.from(
          { length: 8 },
          (_, i) => (raw[i * 2]! << 8 | raw[i * 2 + 1]!).toString(16),
        ).join(":"),
      )
    );
    assertEquals(commonPrefixLength(a!, b!), bit);
    assertEquals(commonPrefixLength(a!, a!), bytes.length * 8);
  }
});

const PURPOSES: [string, string | undefined, boolean][] = [
  ["0.0.0.0", "This host on this network", false],
  ["0.1.2.3", "This network", false],
  ["10.255.0.1", "Private-Use", false],
  ["11.0.0.0", undefined, true],
  ["100.64.0.1", "Shared Address Space", false],
  ["100.128.0.0", undefined, true],
  ["127.0.0.1", "Loopback", false],
  ["169.254.0.1", "Link Local", false],
  ["172.15.255.255", undefined, true],
  ["172.31.255.255", "Private-Use", false],
  ["172.32.0.0", undefined, true],
  ["192.0.0.9", "Port Control Protocol Anycast", true],
  ["192.0.0.8", "IPv4 dummy address", false],
  ["192.0.0.200", "IETF Protocol Assignments", false],
  ["192.0.2.1", "Documentation (TEST-NET-1)", false],
  ["192.168.1.1", "Private-Use", false],
  ["198.19.0.1", "Benchmarking", false],
  ["203.0.113.9", "Documentation (TEST-NET-3)", false],
  ["224.0.0.1", "Multicast", false],
  ["250.0.0.1", "Reserved", false],
  ["255.255.255.255", "Limited Broadcast", false],
  ["::1", "Loopback Address", false],
  ["::", "Unspecified Address", false],
  ["64:ff9b::1.2.3.4", "IPv4-IPv6 Translation", true],
  ["100::1", "Discard-Only Address Block", false],
  ["2001::1", "TEREDO", false],
  ["2001:1::1", "Port Control Protocol Anycast", true],
  ["2001:db8::1", "Documentation", false],
  ["2002::1", "6to4", false],
  ["2620:fe::fe", undefined, true],
  ["3fff::1", "Documentation", false],
  ["fd12::1", "Unique-Local", false],
  ["fe80::1", "Link-Local Unicast", false],
  ["ff02::1", "Multicast", false],
];

for (const [text, name, reachable] of PURPOSES) {
  pure(`${text} is for ${name ?? "anything"}`, () => {
    const ip = parseIpAddress(text);
    assertEquals(specialPurposeOf(ip)?.name, name);
    assertEquals(isGlobal(ip), reachable);
    assertEquals(
      isPrivate(ip),
      /^(Private-Use|Unique-Local)$/.test(name ?? ""),
    );
    assertEquals(isDocumentation(ip), (name ?? "").startsWith("Documentation"));
    assertEquals(isBroadcast(ip), name === "Limited Broadcast");
  });
}

for (const text of PURPOSES.map(([text]) => text)) {
  if (text.includes(":")) continue;
  pure(`${text} is classified the same when it is IPv4-mapped`, () => {
    const ip = parseIpAddress(text);
    const classify = (ip: IpAddress) => ({
      isUnspecified: ip.isUnspecified(),
      isLoopback: ip.isLoopback(),
      isLinkLocal: ip.isLinkLocal(),
      isMulticast: ip.isMulticast(),
      isGlobal: isGlobal(ip),
      isPrivate: isPrivate(ip),
      isDocumentation: isDocumentation(ip),
      isBroadcast: isBroadcast(ip),
      scope: scopeOf(ip),
    });
    assertEquals(classify(ip.toV4Mapped()), classify(ip));
  });
}

pure("specialPurposeOf() gives the block of all IPv4-mapped addresses", () => {
  assertEquals(
    specialPurposeOf(parseIpAddress("::ffff:10.0.0.1"))?.name,
    "IPv4-mapped Address",
  );
});

pure("SocketAddress.from() takes what the runtime's sockets report", () => {
  const netAddr: Deno.NetAddr = { transport: "udp", hostname: "::1", port: 53 };
  assertEquals(SocketAddress.from(netAddr).toString(), "[::1]:53");
  assertEquals(SocketAddress.from(netAddr).toNetAddr("udp"), netAddr);
  const address = parseSocketAddress("[fe80::1%eth0]:53");
  assert(SocketAddress.from(address).equals(address));
});

pure("SocketAddress.from() reads each property once", () => {
  let reads = 0;
  const shifty = {
    get hostname() {
      return reads++ === 0 ? "192.0.2.1" : "192.0.2.2";
    },
    port: 1,
  };
  assertEquals(String(SocketAddress.from(shifty)), "192.0.2.1:1");
  assertEquals(reads, 1);
});

pure("SocketAddress refuses what is no address, and says what to do", () => {
  const unix = { transport: "unix", path: "/tmp/x" };
  const netAddr = { transport: "tcp", hostname: "::1", port: 1 };
  assertThrows(
    () => SocketAddress.from(unix as unknown as Deno.NetAddr),
    TypeError,
    "it needs a hostname and a port",
  );
  assertThrows(
    () => new SocketAddress(netAddr as unknown as IpAddress, 1),
    TypeError,
    "SocketAddress.from()",
  );
  assertThrows(
    () => SocketAddress.from({ hostname: "localhost", port: 1 }),
    SyntaxError,
    '"localhost"',
  );
});

pure("scopeOf() places unicast among the scopes of multicast", () => {
  for (
    const [text, scope] of [
      ["ff01::1", 1],
      ["ff05::1", 5],
      ["ff0e::1", 14],
      ["fe80::1", 2],
      ["fec0::1", 5],
      ["2001:db8::1", 14],
      ["::1", 2],
      ["127.0.0.1", 2],
      ["169.254.0.1", 2],
      ["10.0.0.1", 14],
      ["::ffff:169.254.1.2", 2],
      ["::ffff:127.0.0.1", 2],
      ["::ffff:10.0.0.1", 14],
    ] as const
  ) {
    assertEquals(scopeOf(parseIpAddress(text)), scope, text);
  }
});

pure("reverse names lead back to their address", () => {
  const random = new Random(3);
  assertEquals(
    reverseName(parseIpAddress("127.0.0.1")),
    "1.0.0.127.in-addr.arpa",
  );
  // RFC 3596 section 2.5
  assertEquals(
    reverseName(parseIpAddress("4321:0:1:2:3:4:567:89ab")),
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa",
  );
  for (let i = 0; i < 500; i++) {
    const text = Array.from(
      { length: 8 },
      () => random.integer(0, 65_535).toString(16),
    ).join(":");
    const ip = parseIpAddress(text);
    assert(
      addressOfReverseName(reverseName(ip).toUpperCase() + ".")!.equals(ip),
    );
  }
  for (
    const name of [
      "",
      "in-addr.arpa",
      "1.2.3.in-addr.arpa",
      "1.2.3.256.in-addr.arpa",
      "1.2.3.4.5.in-addr.arpa",
      "a.ip6.arpa",
      "example.com",
      "01.2.3.4.in-addr.arpa",
    ]
  ) {
    assertEquals(addressOfReverseName(name), undefined, name);
  }
});

pure("byte order goes to the network's and back", () => {
  const random = new Random(8);
  for (let i = 0; i < 1000; i++) {
    const [short, long] = [
      random.integer(0, 0xffff),
      random.integer(0, 0xffffffff),
    ];
    assertEquals([ntohs(htons(short)), ntohl(htonl(long))], [short, long]);
    const bytes = new DataView(new Uint32Array([htonl(long)]).buffer);
    assertEquals(bytes.getUint32(0), long);
    const two = new DataView(new Uint16Array([htons(short)]).buffer);
    assertEquals(two.getUint16(0), short);
  }
});

pure("addresses show well in the console", () => {
  assertEquals(Deno.inspect(parseIpAddress("::1")), "IpAddress(::1)");
  assertEquals(
    Deno.inspect(parseSocketAddress("[::1]:80")),
    "SocketAddress([::1]:80)",
  );
  assertEquals(Deno.inspect(IpPrefix.parse("::/0")), "IpPrefix(::/0)");
});
