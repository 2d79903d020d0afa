import { parseIpAddress, selectSource } from "@berkeley/sockets/address";
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
];

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
