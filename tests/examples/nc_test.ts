/** The example nc, against itself, and against socat and ncat. */
import { assert, assertEquals } from "@std/assert";
import { bindUdp, listenTcp } from "@berkeley/sockets";
import { hasProgram } from "../_programs.ts";
import { Random } from "../_random.ts";
import {
  assertFailsInALine,
  exampleCommand,
  type Outcome,
  runExample,
  type RunningProgram,
  startExample,
  startProgram,
} from "./_example.ts";

const random = new Random(7);
const UP = random.bytes(5_000_000);
const DOWN = random.bytes(4_000_000);

/** Compares without listing millions of bytes where they differ. */
function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const differs = actual.findIndex((byte, i) => byte !== expected[i]);
  assertEquals(differs, -1, `byte ${differs} differs`);
}

async function finish(
  program: RunningProgram,
  input: Uint8Array,
): Promise<Outcome> {
  const writing = program.write(input).then(() => program.endInput());
  const outcome = await program.finished();
  await writing;
  return outcome;
}

/** Starts `nc -lv` on a free port. */
async function startListening(
  ...options: string[]
): Promise<{ listening: RunningProgram; port: string }> {
  const listening = startExample("nc", "-lv", ...options, "0");
  const [, port = ""] = await listening.printed(
    /^Listening on 127.0.0.1 port (\d+)\n/,
    "stderr",
  );
  return { listening, port };
}

Deno.test("nc and nc -l exchange megabytes of any bytes", async () => {
  const { listening, port } = await startListening();
  await using server = listening;
  await using client = startExample("nc", port);
  const [down, up] = await Promise.all([
    finish(client, UP),
    finish(server, DOWN),
  ]);
  assertEquals([down.code, down.stderr, up.code], [0, "", 0]);
  assertSameBytes(up.bytes, UP);
  assertSameBytes(down.bytes, DOWN);
});

Deno.test("nc passes the end of stdin on, and takes the answer to it", async () => {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await using client = startExample("nc", "-v", "127.0.0.1", String(port));
  using conn = await listener.accept();
  await client.printed(/^Connected to 127.0.0.1 port \d+\n$/, "stderr");
  await client.write("question");
  await client.endInput();
  const question = await Array.fromAsync(conn.lines());
  await conn.send(new TextEncoder().encode("answer to " + question));
  conn.close();
  const { code, stdout } = await client.finished();
  assertEquals([code, stdout], [0, "answer to question"]);
});

Deno.test("nc sends on when the peer has ended its side, for what a pipe holds", async () => {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  await using client = startExample("nc", String(listener.addr.port));
  using conn = await listener.accept();
  await conn.send(new TextEncoder().encode("that was all\n"));
  await conn.closeWrite();
  await client.printed(/that was all/);
  await client.write("not from me");
  await client.endInput();
  assertEquals(await Array.fromAsync(conn.lines()), ["not from me"]);
  const { code, stdout, stderr } = await client.finished();
  assertEquals([code, stdout, stderr], [0, "that was all\n", ""]);
});

Deno.test("nc -l takes one peer, and closes the port to others", async () => {
  const { listening, port } = await startListening();
  await using server = listening;
  await using client = startExample("nc", port);
  await server.printed(/^Connection from 127.0.0.1 port \d+$/m, "stderr");
  assertFailsInALine(await runExample(["nc", port]), "ECONNREFUSED");
  await client.write("still here\n");
  await server.printed(/still here/);
});

Deno.test("nc -w ends when nothing comes or goes", async () => {
  const { listening, port } = await startListening();
  await using server = listening;
  await using client = startExample("nc", "-w", "0.3", "localhost", port);
  await client.write("hello\n");
  const { code, stdout, stderr } = await client.finished();
  assertEquals([code, stdout, stderr], [0, "", ""]);
  await server.printed(/^hello\n/);
});

Deno.test("nc -u sends what stdin brings, and prints what the peer answers", async () => {
  using socket = await bindUdp({ hostname: "127.0.0.1", port: 0 });
  const { port } = socket.localAddr;
  await using client = startExample("nc", "-u", String(port));
  for (let i = 1; i <= 3; i++) {
    await client.write(`question ${i}\n`);
    const { data, address } = await socket.receive({ timeout: 10_000 });
    assertEquals(new TextDecoder().decode(data), `question ${i}\n`);
    await socket.sendTo(new TextEncoder().encode(`answer ${i}\n`), address);
    await client.printed(new RegExp(`answer ${i}\n`));
  }
});

Deno.test("nc -u -w ends when nothing comes or goes", async () => {
  using socket = await bindUdp({ hostname: "127.0.0.1", port: 0 });
  const port = String(socket.localAddr.port);
  const sent = await runExample(["nc", "-u", "-w", "0.3", port], "hello");
  assertEquals([sent.code, sent.stdout, sent.stderr], [0, "", ""]);
  const { data } = await socket.receive({ timeout: 10_000 });
  assertEquals(new TextDecoder().decode(data), "hello");
});

Deno.test("nc -ul talks to who sends the first datagram, and hears nobody else", async () => {
  const { listening, port } = await startListening("-u");
  await using server = listening;
  await using client = startExample("nc", "-u", port);
  await client.write("first\n");
  await server.printed(/^first\n/);
  await server.printed(/^Datagram from 127.0.0.1 port \d+$/m, "stderr");
  using stranger = await bindUdp({ hostname: "127.0.0.1", port: 0 });
  const target = { hostname: "127.0.0.1", port: Number(port) };
  await stranger.sendTo(new TextEncoder().encode("stranger\n"), target);
  await server.write("heard you\n");
  await client.printed(/^heard you\n/);
  await client.write("second\n");
  await server.printed(/^first\nsecond\n$/);
});

Deno.test({
  name: "nc gets megabytes back from socat as they were",
  ignore: !hasProgram("socat"),
  async fn() {
    await using socat = startProgram("socat", {
      args: [
        "-d",
        "-d",
        "-t",
        "30",
        "TCP4-LISTEN:0,bind=127.0.0.1",
        "EXEC:cat",
      ],
    });
    const [, port = ""] = await socat.printed(
      /listening on .*:(\d+)/,
      "stderr",
    );
    const { code, stderr, bytes } = await runExample(["nc", port], UP);
    assertEquals([code, stderr], [0, ""]);
    assertSameBytes(bytes, UP);
  },
});

Deno.test({
  name: "nc -l exchanges megabytes with socat",
  ignore: !hasProgram("socat"),
  async fn() {
    const { listening, port } = await startListening();
    await using server = listening;
    await using socat = startProgram("socat", {
      args: ["-t", "30", "STDIO", `TCP4:127.0.0.1:${port}`],
    });
    const [up, down] = await Promise.all([
      finish(server, DOWN),
      finish(socat, UP),
    ]);
    assertEquals([up.code, down.code], [0, 0]);
    assertSameBytes(up.bytes, UP);
    assertSameBytes(down.bytes, DOWN);
  },
});

Deno.test({
  name: "nc -l exchanges megabytes with ncat",
  ignore: !hasProgram("ncat"),
  async fn() {
    const { listening, port } = await startListening();
    await using server = listening;
    await using ncat = startProgram("ncat", { args: ["127.0.0.1", port] });
    const last = new TextEncoder().encode("\nthe end of it\n");
    const sent = new Uint8Array([...UP.subarray(0, 1_000_000), ...last]);
    const receiving = finish(ncat, sent);
    await server.write(DOWN);
    // ncat leaves with its peer, which must therefore have heard it out.
    await server.printed(/\nthe end of it\n$/);
    await server.endInput();
    const [up, down] = await Promise.all([server.finished(), receiving]);
    assertEquals([up.code, down.code], [0, 0]);
    assertSameBytes(up.bytes, sent);
    assertSameBytes(down.bytes, DOWN);
  },
});

Deno.test({
  name: "nc -u gets datagrams back from socat",
  ignore: !hasProgram("socat"),
  async fn() {
    const socket = await bindUdp({ hostname: "127.0.0.1", port: 0 });
    const { port } = socket.localAddr;
    await socket[Symbol.asyncDispose](); // socat tells no port of UDP
    await using socat = startProgram("socat", {
      args: ["-d", "-d", `UDP4-LISTEN:${port},bind=127.0.0.1`, "EXEC:cat"],
    });
    await socat.printed(/listening on/, "stderr");
    await using client = startExample("nc", "-u", String(port));
    await client.write("through socat\n");
    await client.printed(/^through socat\n$/);
  },
});

Deno.test({
  name: "nc ends when nobody reads what it prints, and says nothing",
  ignore: !hasProgram("head"),
  async fn() {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    const { command, cwd } = exampleCommand(["nc", `${listener.addr.port}`]);
    const script = '{ "$@"; echo "ended with $?" >&2; } | head -n 1';
    await using piped = startProgram("sh", {
      args: ["-c", script, "sh", ...command],
      cwd,
    });
    using conn = await listener.accept();
    const line = new TextEncoder().encode("a line\n".repeat(10_000));
    const pouring = (async () => {
      for (;;) await conn.writeAll(line);
    })().catch(() => {}); // until nc has left
    const { stdout, stderr } = await piped.finished();
    assertEquals([stdout, stderr], ["a line\n", "ended with 0\n"]);
    await pouring;
  },
});

const FAILURES = [
  { args: [], expected: "Say which port" },
  { args: ["a", "b", "80"], expected: "Say which port" },
  { args: ["-w", "0", "80"], expected: "-w must be above 0: 0" },
  { args: ["localhost", "http"], expected: "port NaN" },
  { args: ["-u", "0"], expected: "Cannot connect to port 0" },
  { args: ["-l", "192.0.2.1", "0"], expected: "EADDRNOTAVAIL", code: 1 },
  { args: ["-l", "-p", "8080"], expected: "No such option: -p" },
];

for (const { args, expected, code = 2 } of FAILURES) {
  Deno.test(`nc ${args.join(" ")} fails in a line`, async () => {
    const outcome = await runExample(["nc", ...args]);
    assertFailsInALine(outcome, expected, code);
    assertEquals(outcome.stdout, "");
  });
}

Deno.test("nc fails in a line when the peer resets the connection", async () => {
  using listener = await listenTcp({
    ...{ hostname: "127.0.0.1", port: 0, backend: "node" },
  });
  await using client = startExample("nc", String(listener.addr.port));
  const conn = await listener.accept();
  await client.write("x");
  assert(await conn.read(new Uint8Array(1)));
  conn.reset();
  assertFailsInALine(await client.finished(), "ECONNRESET");
});
