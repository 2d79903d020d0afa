import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClosedError, TimedOutError } from "@berkeley/sockets/errors";
import { bytes, eachStream, readAll, text, until } from "../_each_stream.ts";

eachStream("each side can end its own direction first", async ({ pair }) => {
  using ends = await pair();
  await ends.client.send(bytes("question"));
  await ends.client.closeWrite();
  assertEquals(text(await readAll(ends.server)), "question");
  await ends.server.send(bytes("answer"));
  await ends.server.closeWrite();
  assertEquals(text(await readAll(ends.client)), "answer");
});

eachStream(
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

eachStream(
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

eachStream(
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

eachStream(
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

eachStream(
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

eachStream("using and await using close", async ({ pair }) => {
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

eachStream(
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

eachStream("readable.pipeTo(writable) echoes", async ({ pair }) => {
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

eachStream(
  "cancelling readable and aborting writable close",
  async ({ pair }) => {
    using ends = await pair();
    await ends.client.readable.cancel();
    assert(ends.client.isClosed);
    await ends.server.writable.abort();
    assert(ends.server.isClosed);
  },
);
