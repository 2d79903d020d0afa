/** Connections made of streams of Node in every state. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, SocketError } from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";
import net from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { text } from "../_each_stream.ts";

/** Resolves when the stream emits the event. */
function once(source: Duplex | net.Server, event: string): Promise<unknown> {
  return new Promise((resolve) => source.once(event, resolve));
}

/** A stream that drops what is written, and reads what is pushed. */
function sink(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
}

Deno.test("from() answers after the peer's end over any net.Socket", async () => {
  const server = net.createServer(); // its sockets are not allowHalfOpen
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const accepted = once(server, "connection");
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  const socket = await accepted as net.Socket;
  const closed = once(socket, "close");
  {
    await using conn = StreamConn.from(socket);
    await client.write(new TextEncoder().encode("question"));
    await client.closeWrite();
    assertEquals(await conn.readLine(), "question");
    assertEquals(await conn.readLine(), null);
    await conn.writeAll("answer");
  }
  const answer = new Uint8Array(9);
  assertEquals(await client.read(answer), 6);
  assertEquals(await client.read(answer), null);
  await closed;
  server.close();
});

Deno.test("from() has the addresses of a net.Socket once it is connected", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const socket = net.connect(port, "127.0.0.1");
  const closed = once(socket, "close");
  {
    await using conn = StreamConn.from(socket);
    using peer = await listener.accept();
    await conn.writeAll("connected");
    const { localAddr, remoteAddr } = peer;
    assertEquals(conn.remoteAddr, { ...localAddr });
    assertEquals(conn.localAddr, { ...remoteAddr });
  }
  await closed;

  const given = { transport: "tcp", hostname: "192.0.2.1", port: 7 } as const;
  const other = net.connect(port, "127.0.0.1");
  const connected = once(other, "connect");
  const conn = StreamConn.from(other, { remoteAddr: given });
  (await listener.accept()).close();
  await conn.writeAll("connected");
  await connected;
  assertEquals(conn.remoteAddr, given);
  conn.detach();
  assertEquals(other.listenerCount("connect"), 0);
  const end = once(other, "close");
  other.destroy();
  await end;
});

Deno.test("detach() gives a net.Socket back with its own allowHalfOpen", () => {
  for (const allowHalfOpen of [false, true]) {
    const socket = new net.Socket({ allowHalfOpen });
    assert(StreamConn.from(socket).detach().conn === socket);
    assertEquals(socket.allowHalfOpen, allowHalfOpen);
    socket.destroy();
  }
});

Deno.test("from() refuses a stream of Node that has failed", async () => {
  const failed = new Duplex({
    autoDestroy: false,
    read() {},
    write: (_chunk, _encoding, done) => done(new Error("lost")),
  });
  const error = once(failed, "error");
  failed.write("x");
  await error;
  assertThrows(() => StreamConn.from(failed), TypeError, "it has failed: lost");
});

Deno.test("from() reads on from a stream of Node whose writing half has ended", async () => {
  const source = sink();
  source.end();
  await once(source, "finish");
  await using conn = StreamConn.from(source);
  const error = await assertRejects(() => conn.writeAll("x"), SocketError);
  assertEquals(error.code, "EPIPE");
  source.push("still here\n");
  assertEquals(await conn.readLine(), "still here");

  const ended = new PassThrough();
  ended.end("all");
  await using other = StreamConn.from(ended);
  assertEquals(await other.readLine(), "all");
  if (!ended.closed) await once(ended, "close"); // it destroyed itself
  const late = await assertRejects(() => other.writeAll("x"), SocketError);
  assertEquals(late.code, "EPIPE");
});

Deno.test("from() leaves a stream of Node its high-water mark", async () => {
  for (const highWaterMark of [0, 64 * 1024]) {
    const source = new Duplex({
      highWaterMark,
      read() {},
      write: (_chunk, _encoding, done) => done(),
    });
    await using conn = StreamConn.from(source);
    const size = 1_000_000;
    const reading = conn.readExact(new Uint8Array(size));
    source.push(new Uint8Array(size).fill(7));
    assertEquals((await reading).at(-1), 7);
    const most = Math.max(highWaterMark, 4096);
    assert(source.readableHighWaterMark <= most);
  }
});

Deno.test("closeWrite() resolves if the writing half of a stream of Node has ended", async () => {
  for (const hasRead of [false, true]) {
    const source = new PassThrough();
    source.end("all");
    await using conn = StreamConn.from(source);
    if (hasRead) { // and so the stream has destroyed itself
      assertEquals(await conn.readLine(), "all");
      if (!source.closed) await once(source, "close");
    }
    await conn.closeWrite();
  }
});

Deno.test("detach() loses no byte that a cancelled read has just taken", async () => {
  const news = async (conn: StreamConn, source: Duplex) => {
    await conn.peek(1);
    assertEquals(text(conn.detach().buffered), "news");
    source.destroy();
  };
  { // which was there when the read was called
    const source = new PassThrough();
    const conn = StreamConn.from(source);
    source.write("news");
    await once(source, "readable");
    // A busy loop would make the read wait for a turn, before it begins.
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const cancel = new AbortController();
    const failing = assertRejects(() =>
      conn.readExact(100, { signal: cancel.signal })
    );
    cancel.abort();
    assertThrows(() => conn.detach(), BusyError);
    await failing;
    await news(conn, source);
  }
  { // which came later
    const source = new PassThrough();
    const conn = StreamConn.from(source);
    await assertRejects(() => conn.readLine({ timeout: 0 }));
    const detaching = new Promise<unknown>((resolve) =>
      source.once("readable", () => {
        try {
          resolve(conn.detach());
        } catch (error) {
          resolve(error);
        }
      })
    );
    source.write("news");
    assert(await detaching instanceof BusyError);
    await news(conn, source);
  }
});
