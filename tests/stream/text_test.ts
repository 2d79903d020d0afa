/** Text that is sent as UTF-8. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { ClosedError, SocketError } from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";
import { Random } from "../_random.ts";

/** A connection whose other end keeps all that comes. */
function collecting(highWaterMark?: number) {
  const writes: Uint8Array[] = [];
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => void writes.push(chunk),
  });
  const conn = StreamConn.from({ writable }, { highWaterMark });
  const received = () => concat(writes);
  return { conn, writes, received };
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("send() and writeAll() encode a text as TextEncoder does", async () => {
  const texts = [
    "",
    "ascii",
    "ä€𝄞",
    "\0\x7f\x80\u07ff\u0800\uffff\u{10000}\u{10ffff}",
    "lone \ud834, \udd1e and \udd1e\ud834",
    "x".repeat(4095) + "€",
    "€".repeat(1365) + "x",
    "€".repeat(21845),
    "x".repeat(65535) + "\ud834",
    "€".repeat(100_000),
  ];
  for (const text of texts) {
    const { conn, received } = collecting();
    await conn.send("before");
    await conn.send(text);
    await conn.send("between");
    await conn.writeAll(text);
    await conn.send("after");
    await conn[Symbol.asyncDispose]();
    assertEquals(
      received(),
      encode(`before${text}between${text}after`),
    );
  }
});

Deno.test("send() keeps the order of texts and bytes of any size", async () => {
  const random = new Random(5);
  const alphabet = ["a", "ß", "€", "𝄞", "\ud800"];
  const { conn, writes, received } = collecting();
  const parts: Uint8Array[] = [];
  for (let i = 0; i < 500; i++) {
    const most = random.pick([3, 40, 1500, 9000]);
    const text = random.pick(alphabet).repeat(random.integer(0, most));
    parts.push(encode(text));
    const isText = random.next() < 0.7;
    const sending = conn.send(isText ? text : encode(text));
    if (random.next() < 0.2) await sending;
  }
  await conn[Symbol.asyncDispose]();
  assertEquals(
    received(),
    concat(parts),
  );
  assert(writes.length < 500, `${writes.length} writes`);
});

Deno.test("send() counts the bytes of a text, not its characters", async () => {
  const { conn } = collecting(100);
  conn.send("€".repeat(33));
  assertEquals(conn.queued, 99);
  let hasRoom = false;
  const sending = conn.send("x").then(() => hasRoom = true);
  assertEquals(conn.queued, 100);
  await Promise.resolve();
  assertEquals(hasRoom, false);
  await sending;
  await conn[Symbol.asyncDispose]();
});

Deno.test("send() refuses texts by their bytes when nobody waits", async () => {
  const { conn } = collecting(2000); // refuses from 128,000 bytes on, or a chunk later
  let refusal: unknown;
  let sent = 0;
  for (; sent < 200 && refusal === undefined; sent++) {
    conn.send("€".repeat(1000)).catch((error) => refusal = error);
    if (conn.queued < 3000 * (sent + 1)) await Promise.resolve();
  }
  assertInstanceOf(refusal, SocketError);
  assertEquals(refusal.code, "ENOBUFS");
  assert(sent > 40 && sent < 70, `${sent} texts`);
  await conn[Symbol.asyncDispose]();
});

Deno.test("send() shares writes between texts that are sent in one turn", async () => {
  const { conn, writes } = collecting();
  for (let i = 0; i < 1000; i++) conn.send(`line ${i}\n`);
  await conn.flush();
  assert(writes.length < 10, `${writes.length} writes`);
  conn.close();
});

Deno.test("send() and writeAll() reject a text once the connection is closed", async () => {
  const { conn } = collecting();
  conn.close();
  for (const text of ["", "x", "x".repeat(100_000)]) {
    await assertRejects(() => conn.send(text), ClosedError);
    await assertRejects(() => conn.writeAll(text), ClosedError);
  }
});
