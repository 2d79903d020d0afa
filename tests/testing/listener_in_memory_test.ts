/** A listener in memory accepts, queues and refuses as one of TCP does. */
import { listenerInMemory } from "@berkeley/sockets/testing";
import { serve } from "@berkeley/sockets/stream";
import { ConnectionRefusedError, SocketError } from "@berkeley/sockets/errors";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";

const encoder = new TextEncoder();

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("accept() takes the connections in their order", async () => {
  await using listener = listenerInMemory({ port: 25 });
  using first = await listener.connect();
  using second = await listener.connect();
  using accepted = await listener.accept();
  assertEquals(accepted.remoteAddr, first.localAddr);
  assertEquals(first.remoteAddr, listener.addr);
  using other = await listener.accept();
  assertEquals(other.remoteAddr, second.localAddr);
  await first.send(encoder.encode("hello\n"));
  assertEquals(await accepted.readLine(), "hello");
});

test("connect() waits while the backlog is full", async () => {
  await using listener = listenerInMemory({ backlog: 1 });
  using _first = await listener.connect();
  const abort = new AbortController();
  const aborted = assertRejects(
    () => listener.connect({ signal: abort.signal }),
    Error,
    "enough",
  );
  await assertRejects(
    () => listener.connect({ timeout: 1 }),
    SocketError,
    "ETIMEDOUT",
  );
  const connecting = listener.connect();
  abort.abort(new Error("enough"));
  await aborted;
  using _accepted = await listener.accept();
  using second = await connecting;
  using other = await listener.accept();
  assertEquals(other.remoteAddr, second.localAddr);
});

test("connect() rejects when the listener is closed", async () => {
  const listener = listenerInMemory({ backlog: 1 });
  using queued = await listener.connect();
  const waiting = assertRejects(
    () => listener.connect(),
    ConnectionRefusedError,
    "Cannot connect to 192.0.2.2:7",
  );
  listener.close();
  await waiting;
  await assertRejects(() => listener.connect(), ConnectionRefusedError);
  await assertRejects(
    () => queued.read(new Uint8Array(1)),
    SocketError,
    "ECONNRESET",
  );
});

test("serve() serves connections in memory", async () => {
  const listener = listenerInMemory({ toServer: { pieceSize: 1 } });
  await using server = serve(listener, async (conn) => {
    for await (const line of conn.lines()) {
      await conn.send(encoder.encode(`${line.length}\n`));
    }
  });
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      using conn = await listener.connect();
      await conn.send(encoder.encode("x".repeat(i) + "\n"));
      return Number(await conn.readLine());
    }),
  );
  assertEquals(answers, answers.map((_, i) => i));
  assertEquals(server.stats.accepted, 50);
});

test("listenerInMemory() refuses bad options", () => {
  for (const options of [{ port: -1 }, { backlog: 0 }, { windowSize: 0.5 }]) {
    assertThrows(() => listenerInMemory(options), RangeError, "Cannot use ");
  }
});
