/** The example redis, against a Redis server and against hostile ones. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { getAvailablePort } from "@std/net";
import { serveTcp } from "@berkeley/sockets";
import { hasProgram } from "../_programs.ts";
import {
  assertFailsInALine,
  run,
  runExample,
  type RunningProgram,
  startExample,
  startProgram,
} from "./_example.ts";
import { certFile, keyFile } from "../tls/_certificates.ts";

const ignore = !hasProgram("redis-server");

/** Starts a server that keeps nothing. */
async function startRedis(
  folder: string,
  more: Record<string, string> = {},
  portSetting: "--port" | "--tls-port" = "--port",
): Promise<{ server: RunningProgram; port: number }> {
  for (let attempt = 1;; attempt++) {
    const port = getAvailablePort();
    const settings: Record<string, string> = {
      "--bind": "127.0.0.1",
      "--port": "0",
      [portSetting]: String(port),
      "--dir": folder,
      "--save": "",
      "--appendonly": "no",
      "--enable-debug-command": "yes",
      ...more,
    };
    const args = Object.entries(settings).flat();
    const server = startProgram("redis-server", { args });
    try {
      await server.printed(/Ready to accept connections/);
      return { server, port };
    } catch (error) { // another took the port meanwhile
      await server[Symbol.asyncDispose]();
      if (attempt === 5) throw error;
    }
  }
}

/** Runs a test against a server of its own; `client` runs the example. */
function redisTest(
  name: string,
  body: (
    client: (args: string[], input?: string) => ReturnType<typeof runExample>,
    port: number,
  ) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const { server, port } = await startRedis(folder);
        await using _ = server;
        const at = ["redis", "--port", String(port)];
        await body((args, input) => runExample([...at, ...args], input), port);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

redisTest("redis sends a command and prints the reply", async (client) => {
  const steps = [
    { args: ["SET", "greeting", "hello there"], expected: "OK\n" },
    { args: ["GET", "greeting"], expected: "hello there\n" },
    { args: ["GET", "nothing"], expected: "(nil)\n" },
    { args: ["INCRBY", "n", "-5"], expected: "-5\n" },
    { args: ["SET", "n", "9007199254740992"], expected: "OK\n" },
    { args: ["INCR", "n"], expected: "9007199254740993\n" },
    { args: ["KEYS", "no*"], expected: "(empty)\n" },
    { args: ["ECHO", "żółw 🐢"], expected: "żółw 🐢\n" },
    {
      args: ["EVAL", "return {1, {'a', 'b'}, 'c'}", "0"],
      expected: "1) 1\n2) 1) a\n   2) b\n3) c\n",
    },
  ];
  for (const { args, expected } of steps) {
    const { code, stdout, stderr } = await client(args);
    assertEquals([code, stderr, stdout], [0, "", expected], args.join(" "));
  }
});

redisTest("redis prints every type of RESP3", async (client) => {
  const types = [
    ["string", "Hello World"],
    ["integer", "12345"],
    ["double", "3.141"],
    ["null", "(nil)"],
    ["array", "1) 0\n2) 1\n3) 2"],
    ["set", "1) 0\n2) 1\n3) 2"],
    ["map", "1) 0: false\n2) 1: true\n3) 2: false"],
    ["attrib", "Some real reply following the attribute"],
    ["bignum", "1234567999999999999999999999999999999"],
    ["true", "true"],
    ["false", "false"],
    ["verbatim", "This is a verbatim\nstring"],
  ];
  const input = types.map(([type]) => `DEBUG PROTOCOL ${type}\n`).join("");
  const { code, stdout, stderr } = await client(["--resp3"], input);
  const expected = types.map(([, text]) => `${text}\n`).join("");
  assertEquals([code, stderr, stdout], [0, "", expected]);
});

redisTest(
  "redis pipelines what stdin brings, in order, error replies included",
  async (client) => {
    const count = 20_000;
    const input = [
      ...Array.from({ length: count }, () => "INCR n"),
      "NOSUCH",
      "",
      'SET "a key" "two\\nlines"',
      'GET "a key"',
      "LPUSH n 1",
      "INCR n",
    ].join("\n");
    const { code, stdout, stderr } = await client([], input);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.split("\n");
    const numbers = Array.from({ length: count }, (_, i) => String(i + 1));
    assertEquals(lines.slice(0, count), numbers);
    const [unknown = "", set, one, two, wrong = "", last, end, ...more] = lines
      .slice(count);
    assertStringIncludes(unknown, "(error) ERR unknown command 'NOSUCH'");
    assertStringIncludes(wrong, "(error) WRONGTYPE");
    assertEquals([set, one, two], ["OK", "two", "lines"]);
    assertEquals([last, end, more], [String(count + 1), "", []]);
  },
);

redisTest(
  "redis prints each reply as it comes, and stops at QUIT",
  async (_, port) => {
    await using client = startExample("redis", "--port", String(port));
    await client.write("ECHO one\n");
    await client.printed(/^one\n$/);
    await client.write("ECHO two\nquit\nECHO three\n");
    const { code, stdout, stderr } = await client.finished();
    assertEquals([code, stdout, stderr], [0, "one\ntwo\n", ""]);
  },
);

redisTest(
  "redis prints what subscriptions bring until stdin ends",
  async (client, port) => {
    await using subscriber = startExample("redis", "--port", String(port));
    await subscriber.write("SUBSCRIBE news\n");
    await subscriber.printed(/subscribe\n2\) news\n3\) 1\n/);
    assertEquals((await client(["PUBLISH", "news", "first"])).stdout, "1\n");
    await subscriber.printed(/1\) message\n2\) news\n3\) first\n/);
    await subscriber.endInput();
    assertEquals((await subscriber.finished()).code, 0);
  },
);

redisTest(
  "redis takes a large reply, unless it is over the limit",
  async (client) => {
    const size = 8 * 1024 * 1024;
    const command = ["EVAL", `return string.rep('x', ${size})`, "0"];
    const { code, stdout, stderr } = await client(command);
    assertEquals([code, stderr, stdout.length], [0, "", size + 1]);
    assertEquals(stdout.trim().replaceAll("x", ""), "");
    const refused = await client(["--max", "1000000", ...command]);
    assertFailsInALine(refused, "larger than 1000000 bytes");
  },
);

redisTest("redis fails in a line when the command does", async (client) => {
  assertFailsInALine(await client(["NOSUCH"]), "ERR unknown command");
});

redisTest(
  "redis tells when the server goes away while stdin is open",
  async (client, port) => {
    await using waiting = startExample("redis", "--port", String(port));
    await waiting.write("ECHO here\n");
    await waiting.printed(/here/);
    await client(["CLIENT", "KILL", "TYPE", "normal"]);
    const outcome = await waiting.finished();
    assertFailsInALine(outcome, "The server closed the connection");
  },
);

Deno.test({
  name:
    "redis talks over TLS with a client certificate, and over a unix socket",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/redis.sock`;
    try {
      const settings = {
        "--unixsocket": path,
        "--tls-cert-file": certFile("server"),
        "--tls-key-file": keyFile("server"),
        "--tls-ca-cert-file": certFile("authority"),
      };
      const { server, port } = await startRedis(folder, settings, "--tls-port");
      await using _ = server;
      const client = (...args: string[]) =>
        run(["examples/run.ts", "redis", ...args], "", [
          ...["--allow-net", "--allow-read", "--allow-write"],
        ]);
      const secret = [
        "--hostname",
        "localhost",
        "--port",
        String(port),
        "--tls",
      ];
      const trust = ["--ca", certFile("authority")];
      const own = ["--cert", certFile("client"), "--key", keyFile("client")];
      for (
        const [where, n] of [
          [[...secret, ...trust, ...own], 1],
          [["--unix", path], 2],
        ] as const
      ) {
        const { code, stdout, stderr } = await client(...where, "INCR", "n");
        assertEquals([code, stderr, stdout], [0, "", `${n}\n`]);
      }
      assertFailsInALine(
        await client(...secret, ...own, "PING"),
        "ECERTISSUER",
      );
      const refused = await client(...secret, ...trust, "PING");
      assertFailsInALine(refused, "alert");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const HOSTILE = [
  { answer: "", expected: "The server closed the connection" },
  { answer: "$5\r\nhel", expected: "the stream ended" },
  { answer: "*2\r\n:1\r\n", expected: "The server hung up inside a reply" },
  { answer: "220 ready\r\n", expected: "does not speak RESP" },
  { answer: "$-5\r\n", expected: "does not speak RESP" },
  { answer: "$99999999999999\r\n", expected: "larger than 1000000 bytes" },
  { answer: "*1\r\n".repeat(1000), expected: "nested too deeply" },
  { answer: "|0\r\n".repeat(1000), expected: "nested too deeply" },
  {
    answer: "*999999999\r\n" + "_\r\n".repeat(90_000),
    expected: "larger than",
  },
  { answer: "+" + "x".repeat(100_000), expected: "none within the limit" },
];

for (const { answer, expected } of HOSTILE) {
  const name = JSON.stringify(answer.slice(0, 20));
  Deno.test(`redis fails in a line when the server answers ${name}`, async () => {
    await using server = await serveTcp(
      { hostname: "127.0.0.1", port: 0, onError: () => {} },
      async (conn) => {
        await conn.readLine();
        await conn.writeAll(new TextEncoder().encode(answer));
      },
    );
    const port = String(server.addr.port);
    assertFailsInALine(
      await runExample(
        ["redis", "--port", port, "--max", "1000000", "GET", "x"],
      ),
      expected,
    );
  });
}

const MISUSES = [
  { args: ["--max", "much", "PING"], expected: "--max must be above 0" },
  { args: ["--port", "x", "PING"], expected: "port" },
];

for (const { args, expected } of MISUSES) {
  Deno.test(`redis ${args.join(" ")} fails in a line`, async () => {
    assertFailsInALine(await runExample(["redis", ...args]), expected, 2);
  });
}
