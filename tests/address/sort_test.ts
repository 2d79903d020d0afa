import {
  IpPrefix,
  parseIpAddress,
  sortAddresses,
} from "@berkeley/sockets/address";
import { assertEquals } from "@std/assert";

/** Destinations with the sources they would be reached from; null where there is none. */
type Pairs = [destination: string, source: string | null][];

/** The examples of RFC 6724 section 10.2, each in the order that it gives; then rules they leave out. */
const CASES: { what: string; pairs: Pairs }[] = [
  {
    what: "prefer matching scope",
    pairs: [["2001:db8:1::1", "2001:db8:1::2"], [
      "198.51.100.121",
      "169.254.13.78",
    ]],
  },
  {
    what: "prefer matching scope, IPv4 this time",
    pairs: [["198.51.100.121", "198.51.100.117"], ["2001:db8:1::1", "fe80::1"]],
  },
  {
    what: "prefer higher precedence",
    pairs: [["2001:db8:1::1", "2001:db8:1::2"], ["10.1.2.3", "10.1.2.4"]],
  },
  {
    what: "prefer smaller scope",
    pairs: [["fe80::1%eth0", "fe80::2"], ["2001:db8:1::1", "2001:db8:1::2"]],
  },
  {
    what: "prefer matching label",
    pairs: [["2002:c633:6401::1", "2002:c633:6401::2"], [
      "2001:db8:1::1",
      "2002:c633:6401::2",
    ]],
  },
  {
    what: "prefer higher precedence, with a source of each label",
    pairs: [["2001:db8:1::1", "2001:db8:1::2"], [
      "2002:c633:6401::1",
      "2002:c633:6401::2",
    ]],
  },
  {
    what: "avoid unusable destinations",
    pairs: [["192.0.2.1", "192.0.2.9"], ["2001:db8::1", null]],
  },
  {
    what: "use the longest matching prefix",
    pairs: [["2001:db8:1::1", "2001:db8:1::9"], [
      "2001:db8:2::1",
      "2001:db8:1::9",
    ]],
  },
  {
    what: "put IPv4 before Teredo and IPv6 before IPv4",
    pairs: [
      ["::1", "::1"],
      ["2001:db8::1", "2001:db8::9"],
      ["192.0.2.1", "192.0.2.9"],
      ["2001::1", "2001::9"],
      ["fd00::1", "fd00::9"],
    ],
  },
  {
    what: "sort unusable destinations by precedence and scope",
    pairs: [
      ["198.51.100.1", "198.51.100.9"],
      ["2001:db8::1", null],
      ["169.254.1.1", null],
      ["192.0.2.1", null],
      ["fd00::1", null],
    ],
  },
  {
    what: "take IPv4-mapped destinations for IPv4",
    pairs: [
      ["2001:db8::1", "2001:db8::9"],
      ["::ffff:192.0.2.1", "192.0.2.9"],
      ["2002::1", "2002::9"],
      ["fd00::1", "fd00::9"],
    ],
  },
  {
    what: "put an IPv4-mapped destination first if no IPv6 source is there",
    pairs: [["::ffff:192.0.2.1", "192.0.2.9"], ["2001:db8::1", null]],
  },
];

for (const { what, pairs } of CASES) {
  Deno.test({
    name: `sortAddresses() obeys RFC 6724: ${what}`,
    permissions: "none",
    fn() {
      const sources = new Map(pairs.map(([to, from]) => [
        parseIpAddress(to).toString(),
        from === null ? undefined : parseIpAddress(from),
      ]));
      const expected = pairs.map(([to]) => parseIpAddress(to).toString());
      const given = pairs.map(([to]) => parseIpAddress(to));
      for (const order of [given, given.toReversed()]) {
        const sorted = sortAddresses(order, {
          sourceFor: (ip) => sources.get(ip.toString()),
        });
        assertEquals(sorted.map(String), expected);
      }
    },
  });
}

Deno.test({
  name: "sortAddresses() keeps the given order where no rule decides (rule 10)",
  permissions: "none",
  fn() {
    const source = parseIpAddress("192.0.2.9");
    for (
      const texts of [["192.0.2.1", "198.51.100.1"], [
        "198.51.100.1",
        "192.0.2.1",
      ]]
    ) {
      const given = texts.map(parseIpAddress);
      assertEquals(
        sortAddresses(given, { sourceFor: () => source }).map(String),
        texts,
      );
      assertEquals(sortAddresses(given).map(String), texts);
    }
  },
});

Deno.test({
  name: "sortAddresses() puts IPv4 on the link of its source first (rule 9)",
  permissions: "none",
  fn() {
    const source = IpPrefix.parse("192.0.2.9/24");
    const given = ["198.51.100.1", "192.0.3.1", "192.0.2.200", "192.0.2.10"]
      .map(parseIpAddress);
    assertEquals(
      sortAddresses(given, { sourceFor: () => source }).map(String),
      [
        "192.0.2.10",
        "192.0.2.200",
        "198.51.100.1",
        "192.0.3.1",
      ],
    );
  },
});

Deno.test({
  name: "sortAddresses() goes by precedence and scope without sources",
  permissions: "none",
  fn() {
    const given = ["192.0.2.1", "fd00::1", "2001:db8::1", "::1", "2002::1"].map(
      parseIpAddress,
    );
    assertEquals(sortAddresses(given).map(String), [
      "::1",
      "2001:db8::1",
      "192.0.2.1",
      "2002::1",
      "fd00::1",
    ]);
  },
});
