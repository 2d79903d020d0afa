/** The web streams of a connection, when they are given up or fail. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClosedError, SocketError } from "@berkeley/sockets/errors";
import { bytes, eachStream, readAll, text } from "../_each_stream.ts";

/** More than the kernel takes while the peer does not read. */
const TOO_MUCH = 30_000_000;

eachStream(
  "aborting writable does not wait for a peer that does not read",
  async ({ pair }) => {
    using ends = await pair();
    const writer = ends.client.writable.getWriter();
    const writing = assertRejects(
      () => writer.write(new Uint8Array(TOO_MUCH)),
      ClosedError,
    );
    const closed = writer.closed.catch((why) => why);
    await ends.server.readExact(1);
    await writer.abort("why");
    await writing;
    assertEquals(await closed, "why");
    assert(ends.client.isClosed);
  },
);

eachStream("aborting pipeTo() closes both ends", async ({ pair }) => {
  using from = await pair();
  using to = await pair();
  const giveUp = new AbortController();
  const piping = from.server.readable.pipeTo(to.client.writable, giveUp)
    .catch((why) => why);
  await from.client.writeAll(bytes("one"));
  assertEquals(text(await to.server.readExact(3)), "one");
  giveUp.abort("enough");
  assertEquals(await piping, "enough");
  assert(from.server.isClosed && to.client.isClosed);
});

eachStream(
  "pipeTo() can leave both connections as they are",
  async ({ pair }) => {
    using from = await pair();
    using to = await pair();
    const giveUp = new AbortController();
    const keep = { preventAbort: true, preventCancel: true };
    const piping = from.server.readable
      .pipeTo(to.client.writable, { signal: giveUp.signal, ...keep })
      .catch((why) => why);
    await from.client.writeAll(bytes("one"));
    assertEquals(text(await to.server.readExact(3)), "one");
    giveUp.abort("enough");
    assertEquals(await piping, "enough");
    await from.client.writeAll(bytes("two"));
    const { value } = await from.server.readable.getReader().read();
    assertEquals(text(value!), "two");
    await to.client.writeAll(bytes("three"));
    assertEquals(text(await to.server.readExact(5)), "three");
  },
);

eachStream(
  "a writable that fails closes the connection, unless readable goes on",
  async ({ pair }) => {
    for (const isReading of [false, true]) {
      using ends = await pair();
      if (isReading) ends.client.readable;
      await ends.client.closeWrite();
      const writer = ends.client.writable.getWriter();
      const closed = assertRejects(() => writer.closed, SocketError);
      await assertRejects(() => writer.write(bytes("late")), SocketError);
      await closed;
      assertEquals(ends.client.isClosed, !isReading);
      if (!isReading) continue;
      assertEquals(await ends.server.read(new Uint8Array(1)), null);
      await ends.server.writeAll(bytes("last words"));
      await ends.server.closeWrite();
      const told = await new Response(ends.client.readable).text();
      assertEquals(told, "last words");
      assert(ends.client.isClosed);
    }
  },
);

eachStream(
  "a BYOB reader fills the reader's own memory",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("line\nrest"));
    assertEquals(await ends.client.readLine(), "line");
    const reader = ends.client.readable.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(100));
    assertEquals(text(first.value!), "rest");
    const filling = reader.read(new Uint8Array(first.value!.buffer), {
      min: 6,
    });
    await ends.server.writeAll(bytes("abc"));
    await ends.server.writeAll(bytes("def"));
    const second = await filling;
    assertEquals(text(second.value!), "abcdef");
    assertEquals(second.value!.buffer.byteLength, 100);
    await ends.server.closeWrite();
    assert((await reader.read(new Uint8Array(9))).done);
  },
);

eachStream(
  "a reader that is released loses nothing to the next",
  async ({ pair }) => {
    using ends = await pair();
    const { readable } = ends.client;
    for (const word of ["one", "two"]) {
      const gone = readable.getReader();
      const pending = assertRejects(() => gone.read(), TypeError);
      await undefined; // the pull has begun
      gone.releaseLock();
      await pending;
      await ends.server.writeAll(bytes(word));
      const reader = readable.getReader();
      assertEquals(text((await reader.read()).value!), word);
      reader.releaseLock();
    }
    await readable.cancel();
    assertEquals(text(await readAll(ends.server).catch(() => null)), "");
  },
);
