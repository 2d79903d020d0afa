import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BusyError,
  ClosedError,
  ConnectionResetError,
  NotSupportedError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { bytes, eachTransport, readAll, text, until } from "../_each_stream.ts";

eachTransport("each side can end its own direction first", async ({ pair }) => {
  using ends = await pair();
  await ends.client.send(bytes("question"));
  await ends.client.closeWrite();
  assertEquals(text(await readAll(ends.server)), "question");
  await ends.server.send(bytes("answer"));
  await ends.server.closeWrite();
  assertEquals(text(await readAll(ends.client)), "answer");
});

eachTransport(
  "flush() after closeWrite() waits for what was queued before it",
  async ({ pair }) => {
    using ends = await pair();
    const queued = new Uint8Array(60_000).fill(7);
    ends.client.send(queued);
    const ending = ends.client.closeWrite();
    const flushing = ends.client.flush();
    assertEquals(await readAll(ends.server), queued);
    await flushing;
    await ending;
    await ends.client.flush();
    ends.client.close();
    await assertRejects(() => ends.client.flush(), ClosedError);
  },
);

eachTransport(
  "closeGracefully() sends what is queued and waits for the peer's end",
  async ({ pair }) => {
    using ends = await pair();
    ends.client.send(bytes("last words"));
    const closing = ends.client.closeGracefully();
    assertEquals(text(await readAll(ends.server)), "last words");
    await ends.server.writeAll(new Uint8Array(100_000));
    assert(!ends.client.isClosed);
    ends.server.close();
    await closing;
    assert(ends.client.isClosed);
    await ends.client.closeGracefully();
  },
);

eachTransport(
  "closeGracefully() closes although the peer does not end",
  async ({ pair }) => {
    using ends = await pair();
    await assertRejects(
      () => ends.client.closeGracefully({ timeout: 20 }),
      TimedOutError,
    );
    assert(ends.client.isClosed);
    assertEquals(await ends.server.read(new Uint8Array(1)), null);
  },
);

eachTransport(
  "closeGracefully() can be aborted, and closes all the same",
  async ({ pair }) => {
    using ends = await pair();
    const giveUp = new AbortController();
    const closing = ends.client.closeGracefully({ signal: giveUp.signal });
    giveUp.abort("now");
    await closing.then(() => assert(false), (why) => assertEquals(why, "now"));
    assert(ends.client.isClosed);
  },
);

eachTransport(
  "reset() ends both sides at once, or says what it needs",
  async ({ pair, backend }) => {
    using ends = await pair();
    if (backend === "deno") {
      const error = assertThrows(() => ends.client.reset(), NotSupportedError);
      assert(error.message.includes('backend: "node"'), error.message);
      assert(!ends.client.isClosed);
      return;
    }
    const pending = assertRejects(
      () => ends.server.readExact(1),
      ConnectionResetError,
    );
    const own = assertRejects(() => ends.client.readExact(1), ClosedError);
    ends.client.send(bytes("dropped"));
    ends.client.reset();
    await pending;
    await own;
    ends.client.reset();
  },
);

eachTransport(
  "close() with unread data leaves no resource behind",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(new Uint8Array(10_000));
    await ends.client.peek(1);
    ends.client.close();
    ends.client.close();
    assert(ends.client.isClosed);
  },
);

eachTransport("using and await using close", async ({ pair }) => {
  using ends = await pair();
  {
    using client = ends.client;
    assert(!client.isClosed);
  }
  {
    await using server = ends.server;
    assert(!server.isClosed);
  }
  assert(ends.client.isClosed && ends.server.isClosed);
});

eachTransport(
  "detach() gives up the runtime's connection with what was buffered",
  async ({ pair, backend }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("line\nrest"));
    await ends.client.peek(9);
    assertEquals(await ends.client.readLine(), "line");
    if (backend !== "deno") {
      assertThrows(() => ends.client.detach(), NotSupportedError);
      return;
    }
    const { conn, buffered } = ends.client.detach();
    using _ = conn;
    assertEquals(text(buffered), "rest");
    assert(ends.client.isClosed);
    await ends.server.writeAll(bytes("more"));
    const buffer = new Uint8Array(10);
    assertEquals(await conn.read(buffer), 4);
    await assertRejects(() => ends.client.readLine(), ClosedError);
  },
);

eachTransport(
  "detach() refuses while a read or a write is pending",
  async ({ pair, backend }) => {
    if (backend !== "deno") return;
    using ends = await pair();
    const reading = ends.client.readExact(1);
    assertThrows(() => ends.client.detach(), BusyError);
    await ends.server.writeAll(bytes("x"));
    await reading;
    ends.client.send(bytes("y"));
    assertThrows(() => ends.client.detach(), BusyError);
    await ends.client.flush();
    ends.client.detach().conn.close();
  },
);

eachTransport(
  "setNoDelay() and setKeepAlive() are passed on",
  async ({ pair, backend }) => {
    using ends = await pair();
    ends.client.setNoDelay(false);
    ends.client.setNoDelay();
    ends.client.setKeepAlive();
    ends.client.setKeepAlive(false);
    if (backend !== "deno") ends.client.setKeepAlive(true, 10_000);
    else {
      assertThrows(
        () => ends.client.setKeepAlive(true, 10_000),
        NotSupportedError,
      );
    }
    for (const idle of [0, -1, NaN, 32_767_001, Infinity]) {
      assertThrows(() => ends.client.setKeepAlive(true, idle), RangeError);
    }
    ends.client.unref();
    ends.client.ref();
    ends.client.close();
    assertThrows(() => ends.client.setNoDelay(), ClosedError);
    assertThrows(() => ends.client.setKeepAlive(), ClosedError);
  },
);

eachTransport("a Deno.Conn is what a TcpConn passes for", async ({ pair }) => {
  using ends = await pair();
  const copy = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(3);
    const n = await conn.read(buffer);
    await conn.write(buffer.subarray(0, n!));
  };
  const copying = copy(ends.server);
  await ends.client.writeAll(bytes("abc"));
  await copying;
  assertEquals(text(await ends.client.readExact(3)), "abc");
});

eachTransport(
  "readable gives what is buffered first, and writable closes the writing side",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("one\ntwo\nthree"));
    assertEquals(await ends.client.readLine(), "one");
    await ends.server.closeWrite();
    const read = ends.client.readable.pipeThrough(new TextDecoderStream());
    assertEquals((await Array.fromAsync(read)).join(""), "two\nthree");
    const writer = ends.client.writable.getWriter();
    await writer.write(bytes("done"));
    await writer.close();
    assertEquals(text(await readAll(ends.server)), "done");
    assert(ends.client.isClosed, "both streams have ended");
  },
);

eachTransport("readable.pipeTo(writable) echoes", async ({ pair }) => {
  using ends = await pair();
  const echoing = ends.server.readable.pipeTo(ends.server.writable);
  const sent = Uint8Array.from({ length: 200_000 }, (_, i) => i % 249);
  const reading = readAll(ends.client);
  await ends.client.writeAll(sent);
  await ends.client.closeWrite();
  await echoing;
  assertEquals(await reading, sent);
  await until(() => ends.server.isClosed);
});

eachTransport(
  "cancelling readable and aborting writable close",
  async ({ pair }) => {
    using ends = await pair();
    await ends.client.readable.cancel();
    assert(ends.client.isClosed);
    await ends.server.writable.abort();
    assert(ends.server.isClosed);
  },
);
