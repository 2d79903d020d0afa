import {
  IpPrefix,
  parseIpAddress,
  selectSource,
  sortAddresses,
} from "@berkeley/sockets/address";
import { assertEquals } from "@std/assert";

/** RFC 6724 section 10.1, but for what the interfaces' addresses do not tell, and more of the kind. */
const CASES: { to: string; from: string[]; expected: string | undefined }[] = [
  {
    to: "2001:db8:1::1",
    from: ["2001:db8:3::1", "fe80::1"],
    expected: "2001:db8:3::1",
  },
  {
    to: "ff05::1",
    from: ["2001:db8:3::1", "fe80::1"],
    expected: "2001:db8:3::1",
  },
  {
    to: "2001:db8:1::1",
    from: ["2001:db8:2::1", "2001:db8:1::1"],
    expected: "2001:db8:1::1",
  },
  {
    to: "fe80::1%eth0",
    from: ["2001:db8:1::1", "fe80::2"],
    expected: "fe80::2",
  },
  {
    to: "2001:db8:1::1",
    from: ["2001:db8:3::2", "2001:db8:1::2"],
    expected: "2001:db8:1::2",
  },
  {
    to: "2002:c633:6401::1",
    from: ["2001:db8:1::2", "2002:c633:6401:0:d5e3:7953:13eb:22e8"],
    expected: "2002:c633:6401:0:d5e3:7953:13eb:22e8",
  },
  // Families and loopback do not mix.
  { to: "192.0.2.1", from: ["2001:db8::1"], expected: undefined },
  { to: "192.0.2.1", from: ["127.0.0.1"], expected: undefined },
  { to: "127.0.0.1", from: ["192.0.2.1", "127.0.0.1"], expected: "127.0.0.1" },
  { to: "::1", from: ["2001:db8::1", "::1"], expected: "::1" },
  // A link-local destination without its link leads nowhere: RFC 4007.
  { to: "fe80::1", from: ["fe80::2"], expected: undefined },
  {
    to: "169.254.1.1",
    from: ["192.0.2.1", "169.254.2.2"],
    expected: "169.254.2.2",
  },
  // What there is must do.
  { to: "2001:db8::1", from: ["fe80::2"], expected: "fe80::2" },
  {
    to: "198.51.100.7",
    from: ["192.0.2.1", "198.51.100.1"],
    expected: "198.51.100.1",
  },
  { to: "192.0.2.1", from: [], expected: undefined },
  // Rule 6: the label goes before the longest prefix.
  {
    to: "2400:1::1",
    from: ["2002:c633:6401::10", "2a00:1::10"],
    expected: "2a00:1::10",
  },
  { to: "fd00::1", from: ["2001:db8::1", "fd99::1"], expected: "fd99::1" },
  {
    to: "2001:db8::1",
    from: ["2001:0:1::1", "2a00:1::10"],
    expected: "2a00:1::10",
  },
  // Rule 2 goes before rule 6, and rule 1 before both.
  { to: "2400:1::1", from: ["fe80::1", "2002::1"], expected: "2002::1" },
  { to: "2002::1", from: ["2002::2", "2002::1"], expected: "2002::1" },
  // An IPv4-mapped destination is reached from IPv4.
  {
    to: "::ffff:192.0.2.1",
    from: ["2001:db8::1", "192.0.2.9"],
    expected: "192.0.2.9",
  },
  {
    to: "::ffff:127.0.0.1",
    from: ["::1", "127.0.0.1", "192.0.2.9"],
    expected: "127.0.0.1",
  },
];

/** Sources with the length of their prefix; of those alike, the first. */
const WITH_LENGTH: { to: string; from: string[]; expected: string }[] = [
  {
    to: "2001:db8:1:2::ffff",
    from: ["2001:db8:1:2::1/48", "2001:db8:1:2:3::1/64"],
    expected: "2001:db8:1:2:3::1/64",
  },
  {
    to: "2001:db8:1:2::ffff",
    from: ["2001:db8:1:2:3::1/48", "2001:db8:1::1/48"],
    expected: "2001:db8:1:2:3::1/48",
  },
  {
    to: "192.0.2.200",
    from: ["198.51.100.1/24", "192.0.2.1/16", "192.0.2.2/24"],
    expected: "192.0.2.2/24",
  },
  {
    to: "192.0.3.1",
    from: ["10.0.0.1/8", "192.0.2.2/24"],
    expected: "10.0.0.1/8",
  },
];

for (const { to, from, expected } of WITH_LENGTH) {
  Deno.test({
    name: `selectSource() reaches ${to} from ${expected} of ${from.join(", ")}`,
    permissions: "none",
    fn() {
      const source = selectSource(parseIpAddress(to), from.map(IpPrefix.parse));
      assertEquals(source?.toString(), expected);
    },
  });
}

Deno.test({
  name: "a 6to4 address of the host does not put IPv4 before other IPv6",
  permissions: "none",
  fn() {
    const sources = ["2a00:1::10", "2002:c633:6401::10", "198.51.100.1"]
      .map(parseIpAddress);
    const sorted = sortAddresses(
      ["192.0.2.1", "2400:1::1"].map(parseIpAddress),
      { sourceFor: (to) => selectSource(to, sources) },
    );
    assertEquals(sorted.map(String), ["2400:1::1", "192.0.2.1"]);
  },
});

for (const { to, from, expected } of CASES) {
  Deno.test({
    name: `selectSource() reaches ${to} from ${expected} of ${from.join(", ")}`,
    permissions: "none",
    fn() {
      const interfaces = from.map(parseIpAddress);
      for (const order of [interfaces, interfaces.toReversed()]) {
        assertEquals(
          selectSource(parseIpAddress(to), order)?.toString(),
          expected,
        );
      }
    },
  });
}
