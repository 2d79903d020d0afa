import { unmapped } from "../../../internal/hosts/mod.ts";
import { assertEquals } from "@std/assert";

const CASES: [hostname: string, expected: string][] = [
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["::c000:201", "::192.0.2.1"],
  ["::", "::"],
  ["::1", "::1"],
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["::ffff:nonsense", "::ffff:nonsense"],
];

for (const [hostname, expected] of CASES) {
  Deno.test(`unmapped() of ${hostname} is ${expected}`, () => {
    assertEquals(unmapped(hostname), expected);
  });
}
