/** The example rpc: calls that pass each other, and peers that break the rules. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  connectTcp,
  lengthPrefixFraming,
  serveTcp,
  type TcpConn,
} from "@berkeley/sockets";
import {
  assertFailsInALine,
  runExample,
  type RunningProgram,
  startExample,
} from "./_example.ts";

const framing = lengthPrefixFraming(4);

async function startServer(): Promise<
  { server: RunningProgram; port: number }
> {
  const server = startExample("rpc", "serve");
  const [, port] = await server.printed(/^Serving on 127.0.0.1 port (\d+)\n/);
  return { server, port: Number(port) };
}

function send(conn: TcpConn, message: unknown): Promise<void> {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  return conn.sendFrame(framing, new TextEncoder().encode(text));
}

async function receive(conn: TcpConn): Promise<Record<string, unknown> | null> {
  const frame = await conn.readFrame(framing, { timeout: 30_000 });
  return frame && JSON.parse(new TextDecoder().decode(frame));
}

Deno.test("rpc calls itself, and the quick calls do not wait for the slow", async () => {
  const { code, stdout, stderr } = await runExample(["rpc"]);
  assertEquals([code, stderr], [0, ""]);
  const [title = "", ...lines] = stdout.trimEnd().split("\n");
  assertStringIncludes(title, "Serving on 127.0.0.1 port ");
  assertEquals(
    lines.slice(0, 4).sort(),
    [
      "add[1,2,3.5] = 6.5",
      'add[1,"2"] fails: "2" is not a number',
      'divide[1,0] fails: There is no method "divide"',
      'reverse["sockets"] = "stekcos"',
    ].sort(),
  );
  assertEquals(lines.slice(4), [
    'sleep[100] = "slept 100 ms"',
    'sleep[300] = "slept 300 ms"',
  ]);
});

Deno.test("rpc call prints the result as JSON", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  const cases = [
    { args: ["add", "1", "2", "39"], expected: "42\n" },
    { args: ["add"], expected: "0\n" },
    { args: ["reverse", "żółw 🐢"], expected: '"🐢 włóż"\n' },
    { args: ["reverse", '"quoted"'], expected: '"detouq"\n' },
    { args: ["sleep", "1"], expected: '"slept 1 ms"\n' },
  ];
  for (const { args, expected } of cases) {
    const { code, stdout, stderr } = await runExample(
      ["rpc", "call", ...args, "--port", String(port)],
    );
    assertEquals([code, stderr, stdout], [0, "", expected], args.join(" "));
  }
});

Deno.test("rpc answers each request of a connection as soon as it can", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  using conn = await connectTcp({ port });
  send(conn, { id: 0, method: "sleep", params: [1e9] });
  for (let id = 1; id <= 1000; id++) {
    send(conn, { id, method: "add", params: [id, 0.5] });
  }
  const sums = new Map<unknown, unknown>();
  while (sums.size < 1000) {
    const reply = await receive(conn);
    sums.set(reply?.id, reply?.result);
  }
  for (let id = 1; id <= 1000; id++) assertEquals(sums.get(id), id + 0.5);
});

Deno.test("rpc answers what it has read when the caller has ended its side", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  using conn = await connectTcp({ port });
  await send(conn, { id: 1, method: "sleep", params: [50] });
  await conn.closeWrite();
  assertEquals(await receive(conn), { id: 1, result: "slept 50 ms" });
  assertEquals(await receive(conn), null);
});

Deno.test("rpc reads no more requests while too many are under way", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  using conn = await connectTcp({ port });
  for (let id = 0; id < 99; id++) {
    send(conn, { id, method: "sleep", params: [1e9] });
  }
  send(conn, { id: 99, method: "add", params: [1] });
  assertEquals(await receive(conn), { id: 99, result: 1 });
  send(conn, { id: 100, method: "sleep", params: [500] });
  send(conn, { id: 101, method: "add", params: [2] });
  assertEquals((await receive(conn))?.id, 100); // and only then the sum
  assertEquals(await receive(conn), { id: 101, result: 2 });
});

const BAD_REQUESTS = [
  { sent: "{", error: "JSON", id: null },
  { sent: "null", error: "undefined is not a number", id: null },
  { sent: { id: "x" }, error: '"x" is not a number', id: null },
  { sent: { id: 1 }, error: 'There is no method "undefined"', id: 1 },
  {
    sent: { id: 2, method: "constructor", params: [] },
    error: 'There is no method "constructor"',
    id: 2,
  },
  { sent: { id: 3, method: "add" }, error: "There are no params", id: 3 },
  {
    // As a text, an object is longer than as JSON.
    sent: { id: 4, method: "reverse", params: [new Array(10_000).fill({})] },
    error: "The result is too large",
    id: 4,
  },
];

Deno.test("rpc answers bad requests with an error, and goes on", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  using conn = await connectTcp({ port });
  for (const { sent, error, id } of BAD_REQUESTS) {
    await send(conn, sent);
    const reply = await receive(conn);
    assertEquals(reply?.id, id);
    assertStringIncludes(String(reply?.error), error);
  }
});

Deno.test("rpc refuses a frame that is too large, before it has come", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  using conn = await connectTcp({ port });
  await conn.send(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  const reply = await receive(conn);
  assertEquals(reply?.id, null);
  assertStringIncludes(String(reply?.error), "the limit is 65536");
  assertEquals(await receive(conn), null);
  assertFailsInALine(
    await runExample(
      ["rpc", "call", "reverse", "x".repeat(70_000), "--port", String(port)],
    ),
    "the limit is 65536",
  );
});

Deno.test({
  name: "rpc ends on SIGINT, although a call is under way",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { server, port } = await startServer();
    await using _ = server;
    await using caller = startExample(
      ...["rpc", "call", "sleep", "1e9"],
      ...["--port", String(port), "--timeout", "60000"],
    );
    using conn = await connectTcp({ port });
    await send(conn, { id: 1, method: "sleep", params: [1e9] });
    await send(conn, { id: 2, method: "add", params: [] });
    assertEquals((await receive(conn))?.id, 2);
    server.kill("SIGINT");
    const { code, signal, stderr } = await server.finished();
    assertEquals([code, signal, stderr], [0, null, ""]);
    const { code: failed } = await caller.finished();
    assertEquals(failed, 1);
  },
});

const BAD_SERVERS: { name: string; reply: Uint8Array; expected: string }[] = [
  { name: "hangs up", reply: new Uint8Array(), expected: "hung up" },
  {
    name: "promises too large a frame",
    reply: new Uint8Array([0x7f, 0, 0, 0]),
    expected: "the limit is 65536",
  },
  {
    name: "hangs up inside a frame",
    reply: new Uint8Array([0, 0, 0, 9, 1]),
    expected: "stream ended",
  },
  {
    name: "sends what is not JSON",
    reply: new TextEncoder().encode("\0\0\0\x03abc"),
    expected: "JSON",
  },
];

for (const { name, reply, expected } of BAD_SERVERS) {
  Deno.test(`rpc call fails in a line when the server ${name}`, async () => {
    await using server = await serveTcp(
      { hostname: "127.0.0.1", port: 0 },
      async (conn) => {
        assert(await conn.readFrame(framing));
        await conn.send(reply);
      },
    );
    const port = String(server.addr.port);
    const outcome = await runExample(["rpc", "call", "add", "--port", port]);
    assertFailsInALine(outcome, expected);
  });
}

Deno.test("rpc call fails in a line when the server takes too long", async () => {
  const { server, port } = await startServer();
  await using _ = server;
  const outcome = await runExample([
    ...["rpc", "call", "sleep", "1e9"],
    ...["--port", String(port), "--timeout", "300"],
  ]);
  assertFailsInALine(outcome, "sleep takes longer than 300 ms");
});

const MISUSES = [
  { args: ["call"], expected: "Say which method to call" },
  { args: ["call", "add", "--timeout", "x"], expected: "above 0: NaN" },
  {
    args: ["call", "add", "--port", "0"],
    expected: "Cannot connect to port 0",
  },
];

for (const { args, expected } of MISUSES) {
  Deno.test(`rpc ${args.join(" ")} fails in a line`, async () => {
    assertFailsInALine(await runExample(["rpc", ...args]), expected, 2);
  });
}
