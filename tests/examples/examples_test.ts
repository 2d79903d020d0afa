/** Each example runs as a user would run it, with `--allow-net` alone. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { connectTcp } from "@berkeley/sockets";
import { EXAMPLES, POSIX_EXAMPLES } from "../../examples/run.ts";
import {
  assertFailsInALine,
  ROOT,
  run,
  runExample,
  startExample,
} from "./_example.ts";
import { PERMISSIONS } from "./_posix_example.ts";

function numbered(text: string): string[] {
  return Array.from({ length: 10 }, (_, i) => `${text} ${i + 1}`);
}

Deno.test("the demo talks TCP and UDP, half-closes, meets a refusal, resolves, and exits 0", async () => {
  const { code, stdout, stderr } = await run(["examples/demo.ts"]);
  assertEquals([code, stderr], [0, ""]);
  for (
    const line of [
      ...numbered("Hello, socket"),
      ...numbered("Hello, datagram"),
      'the server still answered: "the last words"',
      "connection refused (ECONNREFUSED)",
      "127.0.0.1:80",
      "All went well.",
    ]
  ) assertStringIncludes(stdout, line);
});

Deno.test("run.ts lists every example with a line, and there is a file for each", async () => {
  const { code, stdout } = await run(["examples/run.ts"]);
  assertEquals(code, 0);
  for (const [name, summary] of Object.entries(EXAMPLES)) {
    assertStringIncludes(stdout, name);
    assertStringIncludes(stdout, summary);
    assert((await Deno.stat(new URL(`examples/${name}.ts`, ROOT))).isFile);
  }
});

for (const name of Object.keys(EXAMPLES)) {
  Deno.test(`the example ${name} explains itself`, async () => {
    for (const flag of ["--help", "-h"]) {
      const { code, stdout, stderr } = await runExample([name, flag]);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `Usage: ${name}`);
    }
  });
}

const RUNS: { args: string[]; expected: string[] }[] = [
  {
    args: ["echo"],
    expected: ["Echoing TCP on 127.0.0.1", ...numbered("Hello, socket")],
  },
  {
    args: ["echo", "--hostname", "::1"],
    expected: ["Echoing TCP on ::1", ...numbered("Hello, socket")],
  },
  {
    args: ["echo", "--udp"],
    expected: ["Echoing UDP on 127.0.0.1", ...numbered("Hello, datagram")],
  },
  {
    args: ["echo", "--udp", "--hostname", "::1"],
    expected: ["Echoing UDP on ::1", ...numbered("Hello, datagram")],
  },
  {
    args: ["daytime", "--clients", "4"],
    expected: ["Telling the time", "Connection from 127.0.0.1, port ", "GMT"],
  },
  {
    args: ["lookup", "localhost", "http", "-4", "--canon"],
    expected: ["127.0.0.1:80 localhost"],
  },
  {
    args: ["stay_connected"],
    expected: [
      "connected\ntick 1 for ann\ntick 2 for ann\ntick 3 for ann\nwaiting\n",
      "waiting\nconnecting\nconnected\ntick 1 for ann\n",
    ],
  },
  {
    args: ["stay_connected", "pool", "--times", "10"],
    expected: [...numbered("answer"), "Connections: 2"],
  },
];

for (const { args, expected } of RUNS) {
  Deno.test(`the example ${args.join(" ")} does what it says`, async () => {
    const { code, stdout, stderr } = await runExample(args);
    assertEquals([code, stderr], [0, ""]);
    for (const text of expected) assertStringIncludes(stdout, text);
  });
}

for (const name of Object.keys(EXAMPLES)) {
  const permissions = POSIX_EXAMPLES.has(name) ? PERMISSIONS : undefined;
  Deno.test(`the example ${name} refuses an option that it does not have`, async () => {
    const args = ["examples/run.ts", name, "--no-such-option"];
    assertFailsInALine(await run(args, "", permissions), "no-such-option", 2);
  });
}

const FAILURES: { args: string[]; expected: string; code?: number }[] = [
  { args: ["nothing"], expected: 'There is no example "nothing"' },
  { args: ["lookup", "no.invalid"], expected: "EAI_NONAME", code: 1 },
  { args: ["lookup"], expected: "Say which name" },
  { args: ["sntp"], expected: "Say which server" },
  { args: ["wake_on_lan"], expected: "Say whom to wake" },
  { args: ["echo", "--count", "x"], expected: "--count must be 0 or more: x" },
  { args: ["daytime", "--clients", "0"], expected: "--clients must be 1 to" },
  {
    args: ["echo", "--port", "70000"],
    expected: "must be an integer from 0 to 65535",
  },
  { args: ["stay_connected", "--times", "0"], expected: "--times must be 1" },
  { args: ["stay_connected", "x"], expected: "say link or pool" },
  { args: ["daytime", "ask", "--port", "x"], expected: "port NaN" },
];

for (const { args, expected, code = 2 } of FAILURES) {
  Deno.test(`the example ${args.join(" ")} fails in a line, without a stack`, async () => {
    const outcome = await runExample(args);
    assertFailsInALine(outcome, expected, code);
    assertEquals(outcome.stdout, "");
  });
}

/** Servers, and what makes them answer. */
const SERVERS: [name: string, question: string][] = [
  ["echo", "hello"],
  ["rpc", "\0\0\0\x01x"],
  ["chat", ""],
  ["daytime", ""],
];

for (const [name, question] of SERVERS) {
  Deno.test(`the example ${name} serve survives clients that reset, and tells of them in a line`, async () => {
    await using server = startExample(name, "serve");
    const [, port = ""] = await server.printed(/port (\d+)/);
    for (const text of ["", "bob\n", "\0\0\0\x02{}"]) {
      using conn = await connectTcp({
        hostname: "127.0.0.1",
        port: Number(port),
        backend: "node",
      });
      await conn.writeAll(new TextEncoder().encode(text));
      conn.reset();
    }
    using conn = await connectTcp({
      hostname: "127.0.0.1",
      port: Number(port),
    });
    await conn.send(new TextEncoder().encode(question));
    assertEquals((await conn.peek(1, { timeout: 20_000 })).length, 1);
    server.kill("SIGTERM");
    const { stderr } = await server.finished();
    for (const line of stderr.trim().split("\n")) {
      assertMatch(line, /^$|^[A-Za-z]+Error: .* \(E[A-Z]+\)$/);
    }
  });
}

for (
  const args of [["echo", "serve"], ["echo", "serve", "--udp"], [
    "daytime",
    "serve",
  ]]
) {
  Deno.test({
    name: `the example ${args.join(" ")} shuts down cleanly on SIGINT`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const [name = "", ...options] = args;
      await using server = startExample(name, ...options);
      const [, port = ""] = await server.printed(/port (\d+)/);
      const role = name === "echo" ? "talk" : "ask";
      const talk = await runExample(
        [name, role, ...options.slice(1), "--port", port],
      );
      assertEquals([talk.code, talk.stderr], [0, ""]);
      server.kill("SIGINT");
      const { code, signal, stderr } = await server.finished();
      assertEquals([code, signal, stderr], [0, null, ""]);
    },
  });
}
