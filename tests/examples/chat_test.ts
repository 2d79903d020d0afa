/** The example chat: a room with members of all kinds. */
import { assert, assertEquals } from "@std/assert";
import { connectTcp, listenTcp, type TcpConn } from "@berkeley/sockets";
import {
  assertFailsInALine,
  runExample,
  type RunningProgram,
  startExample,
} from "./_example.ts";

async function startRoom(
  ...options: string[]
): Promise<{ room: RunningProgram; port: number }> {
  const room = startExample("chat", "serve", ...options);
  const [, port] = await room.printed(/^Chatting on 127.0.0.1 port (\d+)\n/);
  return { room, port: Number(port) };
}

function joinRoom(port: number, nick: string): RunningProgram {
  return startExample("chat", "join", "--port", String(port), "--nick", nick);
}

function send(conn: TcpConn, text: string): Promise<void> {
  return conn.send(new TextEncoder().encode(text));
}

/** Reads so many bytes of ASCII, faster than line by line. */
async function readText(conn: TcpConn, size: number): Promise<string> {
  const bytes = await conn.readExact(size, { timeout: 60_000 });
  return new TextDecoder().decode(bytes);
}

/** Comes in without the example, as with `nc`. */
async function enter(port: number, nick: string): Promise<TcpConn> {
  const conn = await connectTcp({ hostname: "127.0.0.1", port });
  await send(conn, `${nick}\n`);
  assertEquals(await conn.readLine(), "* What is your name?");
  const hello = await conn.readLine();
  assertEquals(hello?.startsWith(`* Hello ${nick}! Here: `), true, hello ?? "");
  return conn;
}

Deno.test("chat passes lines on, and tells who comes and who goes", async () => {
  const { room, port } = await startRoom();
  await using _ = room;
  await using ann = joinRoom(port, "ann");
  await ann.printed(/\* Hello ann! Here: ann\n/);
  await using bob = joinRoom(port, "bób");
  await ann.printed(/\* bób has joined\n/);
  await bob.printed(/\* Hello bób! Here: ann, bób\n/);

  await ann.write("hello there\n");
  await bob.printed(/^ann: hello there$/m);
  await bob.write("hello 🐢\n/who\n/quit\n");
  await ann.printed(/^bób: hello 🐢$/m);
  await ann.printed(/^\* bób has left$/m);
  const told = await bob.finished();
  assertEquals([told.code, told.stderr], [0, ""]);
  assertEquals(told.stdout.split("\n").slice(2), [
    "ann: hello there",
    "* Here: ann, bób",
    "",
  ]);

  await ann.write("is anybody here?"); // no end of line: the end of the input
  await ann.endInput();
  const { code, stderr } = await ann.finished();
  assertEquals([code, stderr], [0, ""]);
  await room.printed(/^\* ann has left$/m);
});

Deno.test("chat asks for another name until it is a name and free", async () => {
  const { room, port } = await startRoom();
  await using _ = room;
  using ann = await enter(port, "ann");
  using other = await connectTcp({ hostname: "127.0.0.1", port });
  const tries = [
    ["", "* A name has 1 to 20 letters or digits."],
    ["a b", "* A name has 1 to 20 letters or digits."],
    ["x".repeat(21), "* A name has 1 to 20 letters or digits."],
    ["\x1b[31m", "* A name has 1 to 20 letters or digits."],
    ["ann", "* There is a ann already."],
    [" bob ", "* Hello bob! Here: ann, bob"],
  ];
  for (const [nick, answer] of tries) {
    assertEquals(await other.readLine(), "* What is your name?");
    await send(other, `${nick}\n`);
    assertEquals(await other.readLine(), answer);
  }
  other.close();
  assertEquals(await ann.readLine(), "* bob has joined");
  assertEquals(await ann.readLine(), "* bob has left");
  using next = await enter(port, "bob"); // the name is free again
  assertEquals(next.isClosed, false);
});

Deno.test("chat keeps control characters from the others' terminals", async () => {
  const { room, port } = await startRoom();
  await using _ = room;
  using ann = await enter(port, "ann");
  using bob = await enter(port, "bob");
  await send(bob, "red \x1b[31m bell \x07 c1 \x9b tab\t.\r\n");
  assertEquals(await ann.readLine(), "* bob has joined");
  assertEquals(await ann.readLine(), "bob: red  [31m bell   c1   tab .");
});

Deno.test("chat sends away who sends too long a line", async () => {
  const { room, port } = await startRoom("--max-line", "100");
  await using _ = room;
  using ann = await enter(port, "ann");
  using bob = await enter(port, "bob");
  assertEquals(await ann.readLine(), "* bob has joined");
  await send(bob, `${"x".repeat(99)}\n`);
  assertEquals(await ann.readLine(), `bob: ${"x".repeat(99)}`);
  await send(bob, `${"y".repeat(100_000)}\n`);
  assertEquals(await bob.readLine(), "* Your line is too long. Goodbye!");
  assertEquals(await bob.readLine(), null);
  await bob.closeWrite();
  assertEquals(await ann.readLine(), "* bob sent too long a line");
});

Deno.test("chat drops who does not read, and loses no line of the others", async () => {
  const { room, port } = await startRoom(
    ...["--max-queue", "65536", "--patience", "2000"],
  );
  await using _ = room;
  using reader = await enter(port, "reader");
  using talker = await enter(port, "talker");
  assertEquals(await reader.readLine(), "* talker has joined");
  using slow = await enter(port, "slow");
  assertEquals(await reader.readLine(), "* slow has joined");

  // More than the kernel keeps for a connection of which nobody reads.
  const filler = "x".repeat(990);
  const said = Array.from({ length: 16_000 }, (_, i) => `${i} ${filler}\n`);
  const talking = talker.writeAll(new TextEncoder().encode(said.join("")));
  const warning = "* slow reads too slowly\n";
  const expected = said.map((line) => `talker: ${line}`).join("");
  const heard = await readText(reader, expected.length + warning.length);
  await talking;
  assertEquals(heard.split(warning).length, 2); // it is told once
  assert(heard.replace(warning, "") === expected);
  assertEquals(slow.isClosed, false); // it was the server that gave up
});

Deno.test({
  name: "chat says goodbye to all on SIGINT",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { room, port } = await startRoom();
    await using _ = room;
    await using ann = joinRoom(port, "ann");
    await ann.printed(/Hello ann/);
    room.kill("SIGINT");
    await ann.printed(/\* The room closes. Goodbye!\n/);
    const left = await ann.finished(); // although its stdin is open
    assertEquals([left.code, left.stderr], [0, ""]);
    const { code, signal, stderr } = await room.finished();
    assertEquals([code, signal, stderr], [0, null, ""]);
  },
});

const MISUSES = [
  { args: ["listen"], expected: 'Serve or join? Not "listen"' },
  { args: ["--max-line", "0"], expected: "--max-line must be 1 or more: 0" },
  { args: ["--patience", "x"], expected: "--patience must be 1 or more: x" },
  { args: ["--port", "65536"], expected: "from 0 to 65535" },
];

for (const { args, expected } of MISUSES) {
  Deno.test(`chat ${args.join(" ")} fails in a line`, async () => {
    assertFailsInALine(await runExample(["chat", ...args]), expected, 2);
  });
}

Deno.test("chat join fails in a line where no room is", async () => {
  const listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  const port = String(listener.addr.port);
  const outcome = await runExample(["chat", "join", "--port", port]);
  assertFailsInALine(outcome, "ECONNREFUSED");
});
