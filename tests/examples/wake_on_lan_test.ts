/** Wake-on-LAN by the broadcast address of loopback. */
import { bindUdp } from "@berkeley/sockets/udp";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { HAS_LOOPBACK_BROADCAST } from "../_system.ts";
import { assertFailsInALine, run } from "./_example.ts";

const SOON = { timeout: 20_000 };

function wake(...args: string[]) {
  return run(["examples/wake_on_lan.ts", ...args]);
}

/** 6 bytes of 0xff and 16 times the address, in hexadecimal. */
function magic(mac: string): string {
  return "ff".repeat(6) + mac.repeat(16);
}

const CASES: { args: string[]; expected: string[] }[] = [
  {
    args: ["--count", "1", "02:00:5e:00:53:01"],
    expected: [magic("02005e005301")],
  },
  {
    args: ["02-00-5E-00-53-0a"],
    expected: Array(3).fill(magic("02005e00530a")),
  },
  {
    args: ["--count=1", "02:00:5e:00:53:01", "02:00:5e:00:53:02"],
    expected: [magic("02005e005301"), magic("02005e005302")],
  },
  {
    args: ["--count=1", "--password", "01:02:03:04", "02:00:5e:00:53:01"],
    expected: [magic("02005e005301") + "01020304"],
  },
  {
    args: ["--count=1", "--password=01:02:03:04:05:06", "02:00:5e:00:53:01"],
    expected: [magic("02005e005301") + "010203040506"],
  },
];

for (const { args, expected } of CASES) {
  Deno.test({
    name: `wake_on_lan ${args.join(" ")} broadcasts the magic packet`,
    ignore: !HAS_LOOPBACK_BROADCAST,
    async fn() {
      using sleeper = await bindUdp({ hostname: "0.0.0.0" });
      const port = String(sleeper.localAddr.port);
      const where = ["--broadcast", "127.255.255.255", "--port", port];
      const { code, stdout, stderr } = await wake(...where, ...args);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `by 127.255.255.255 port ${port}`);
      for (const packet of expected) {
        const { data } = await sleeper.receive(SOON);
        assertEquals(data.toHex(), packet);
      }
    },
  });
}

const FAILURES: { args: string[]; expected: string; code?: number }[] = [
  { args: ["02:00:5e:00:53"], expected: 'MAC address "02:00:5e:00:53"' },
  { args: ["02:00:5e:00:53:0g"], expected: "it reads like" },
  { args: ["2:0:5e:0:53:1"], expected: "it reads like" },
  { args: ["02:00:5e:00:53:01", "x"], expected: 'MAC address "x"' },
  {
    args: ["--password", "01:02", "02:00:5e:00:53:01"],
    expected: 'password "01:02"',
  },
  { args: ["--count", "x", "02:00:5e:00:53:01"], expected: "send x times" },
  { args: ["--port", "70000", "02:00:5e:00:53:01"], expected: "65535" },
  {
    args: ["--from", "192.0.2.1", "02:00:5e:00:53:01"],
    expected: "EADDRNOTAVAIL",
    code: 1,
  },
];

for (const { args, expected, code = 2 } of FAILURES) {
  Deno.test(`wake_on_lan ${args.join(" ")} fails in a line`, async () => {
    const where = ["--broadcast", "127.255.255.255"];
    const outcome = await wake(...where, ...args);
    assertFailsInALine(outcome, expected, code);
    assertEquals(outcome.stdout, "");
  });
}
