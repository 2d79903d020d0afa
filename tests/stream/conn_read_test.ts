import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  MessageTooLongError,
  TimedOutError,
  UnexpectedEofError,
} from "@berkeley/sockets/errors";
import { bytes, eachStream, text, until } from "../_each_stream.ts";

eachStream(
  "read() resolves with what there is, and null at the end",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("hello"));
    await ends.server.closeWrite();
    const buffer = new Uint8Array(100);
    assertEquals(await ends.client.read(buffer), 5);
    assertEquals(text(buffer.subarray(0, 5)), "hello");
    assertEquals(await ends.client.read(buffer), null);
    assertEquals(await ends.client.read(buffer), null);
    assertEquals(ends.client.bytesRead, 5);
  },
);

eachStream(
  "read() behind a readExact() that fails gets what that one puts back",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("ab"));
    await ends.server.closeWrite();
    assertEquals(text(await ends.client.peek(3)), "ab"); // it has met the end
    const exact = ends.client.readExact(new Uint8Array(5000));
    const buffer = new Uint8Array(10);
    const reading = ends.client.read(buffer);
    await assertRejects(() => exact, UnexpectedEofError);
    assertEquals(await reading, 2);
    assertEquals(await ends.client.read(buffer), null);
  },
);

eachStream(
  "read() into large and small buffers keeps the order",
  async ({ pair }) => {
    using ends = await pair();
    const sent = Uint8Array.from({ length: 30_000 }, (_, i) => i % 251);
    const writing = ends.server.writeAll(sent).then(() =>
      ends.server.closeWrite()
    );
    const got: number[] = [];
    for (let turn = 0;; turn++) {
      const buffer = new Uint8Array([1, 100, 8192][turn % 3]!);
      const n = await ends.client.read(buffer);
      if (n === null) break;
      got.push(...buffer.subarray(0, n));
    }
    await writing;
    assertEquals(Uint8Array.from(got), sent);
  },
);

eachStream("readExact() waits for all, byte by byte", async ({ pair }) => {
  using ends = await pair();
  const reading = ends.client.readExact(4);
  for (const letter of "abcd") await ends.server.writeAll(bytes(letter));
  assertEquals(text(await reading), "abcd");
});

eachStream(
  "readExact() fills a caller's buffer, also a large one",
  async ({ pair }) => {
    using ends = await pair();
    for (const size of [10, 300_000]) {
      const sent = Uint8Array.from({ length: size }, (_, i) => i % 253);
      const writing = ends.server.writeAll(sent);
      const buffer = new Uint8Array(size);
      assert(await ends.client.readExact(buffer) === buffer);
      assertEquals(buffer, sent);
      await writing;
    }
  },
);

eachStream(
  "readExact() keeps what came when the stream ends early",
  async ({ pair }) => {
    for (const options of [undefined, { timeout: 5000 }]) {
      for (const wanted of [10, new Uint8Array(10), new Uint8Array(10_000)]) {
        using ends = await pair();
        await ends.server.writeAll(bytes("abc"));
        await ends.server.closeWrite();
        const reading = typeof wanted === "number"
          ? ends.client.readExact(wanted, options)
          : ends.client.readExact(wanted, options);
        await assertRejects(() => reading, UnexpectedEofError, "3");
        assertEquals(text(await ends.client.readExact(3)), "abc");
      }
    }
  },
);

eachStream("peek() leaves the bytes to be read", async ({ pair }) => {
  using ends = await pair();
  await ends.server.writeAll(bytes("abcdef"));
  assertEquals(text(await ends.client.peek(3)), "abc");
  assertEquals(text(await ends.client.peek(6)), "abcdef");
  assertEquals(text(await ends.client.readExact(6)), "abcdef");
  await ends.server.closeWrite();
  assertEquals((await ends.client.peek(1)).length, 0);
});

eachStream(
  "take() and buffered read synchronously what is there",
  async ({ pair }) => {
    using ends = await pair();
    assertEquals(ends.client.take(1), null);
    await ends.server.writeAll(bytes("abcdef"));
    await ends.client.peek(6);
    assertEquals(ends.client.buffered, 6);
    assertEquals(text(ends.client.take(2)), "ab");
    assertEquals(ends.client.take(5), null);
    assertEquals(text(ends.client.take(4)), "cdef");
    assertEquals(ends.client.buffered, 0);
  },
);

eachStream(
  "readUntil() finds delimiters that arrive in pieces",
  async ({ pair }) => {
    using ends = await pair();
    const reading = ends.client.readUntil("\r\n\r\n");
    for (const part of ["GET /\r", "\n\r", "\nrest"]) {
      await ends.server.writeAll(bytes(part));
    }
    assertEquals(text(await reading), "GET /\r\n\r\n");
    assertEquals(text(await ends.client.readExact(4)), "rest");
    await ends.server.closeWrite();
    assertEquals(await ends.client.readUntil("\n"), null);
  },
);

eachStream(
  "readUntil() and readLine() keep what is over the limit",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("0123456789\n"));
    await assertRejects(
      () => ends.client.readUntil("\n", { limit: 10 }),
      MessageTooLongError,
      "10 bytes",
    );
    await assertRejects(
      () => ends.client.readLine({ limit: 5 }),
      MessageTooLongError,
    );
    assertEquals(await ends.client.readLine({ limit: 11 }), "0123456789");
  },
);

eachStream(
  "readUntil() rejects when the stream ends in a message",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("no end"));
    await ends.server.closeWrite();
    await assertRejects(() => ends.client.readUntil("\n"), UnexpectedEofError);
    assertEquals(await ends.client.readLine(), "no end");
  },
);

eachStream(
  "lines() gives each line without its end, and the last one too",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("one\r\ntwo\n\nüñí\rx\nlast"));
    await ends.server.closeWrite();
    assertEquals(await Array.fromAsync(ends.client.lines()), [
      "one",
      "two",
      "",
      "üñí\rx",
      "last",
    ]);
  },
);

eachStream(
  "reads are served in the order of their calls",
  async ({ pair }) => {
    using ends = await pair();
    const reads = [
      ends.client.readExact(2),
      ends.client.readLine(),
      ends.client.readExact(1),
    ];
    await ends.server.writeAll(bytes("abc\nd"));
    const [first, second, third] = await Promise.all(reads);
    assertEquals(text(first as Uint8Array), "ab");
    assertEquals(second, "c");
    assertEquals(text(third as Uint8Array), "d");
  },
);

eachStream("a read that is given up loses no byte", async ({ pair }) => {
  using ends = await pair();
  await ends.server.writeAll(bytes("ab"));
  await ends.client.peek(2);
  await assertRejects(
    () => ends.client.readExact(4, { timeout: 5 }),
    TimedOutError,
    "timed out",
  );
  const reason = new Error("enough");
  const giveUp = new AbortController();
  const aborted = ends.client.readExact(4, { signal: giveUp.signal });
  const next = ends.client.readExact(4);
  giveUp.abort(reason);
  assertEquals(await assertRejects(() => aborted), reason);
  await ends.server.writeAll(bytes("cd"));
  assertEquals(text(await next), "abcd");
});

eachStream("a read in the queue can be given up", async ({ pair }) => {
  using ends = await pair();
  const first = ends.client.readExact(1);
  const giveUp = new AbortController();
  const second = ends.client.readExact(1, { signal: giveUp.signal });
  const third = ends.client.readExact(1);
  giveUp.abort();
  await assertRejects(() => second, DOMException);
  await ends.server.writeAll(bytes("xy"));
  assertEquals([text(await first), text(await third)], ["x", "y"]);
});

eachStream(
  "an aborted signal and a bad timeout reject before anything happens",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("a"));
    await ends.client.peek(1);
    const signal = AbortSignal.abort("no");
    await ends.client.readExact(1, { signal }).then(
      () => assert(ends.client.bytesRead === 1), // nothing had to be waited for
      (reason) => assertEquals(reason, "no"),
    );
    await assertRejects(
      () => ends.client.readExact(1, { timeout: -1 }),
      RangeError,
    );
  },
);

eachStream(
  "close() rejects pending reads and ends lines() quietly",
  async ({ pair }) => {
    using ends = await pair();
    const direct = ends.client.read(new Uint8Array(8192));
    const queued = ends.client.readExact(3);
    ends.client.close();
    await assertRejects(() => direct, ClosedError);
    await assertRejects(() => queued, Deno.errors.BadResource);
    await assertRejects(() => ends.client.read(new Uint8Array(1)), ClosedError);
    const lines = Array.fromAsync(ends.server.lines());
    assertEquals(await lines, []);
    const pending = ends.server.lines();
    ends.server.close();
    assertEquals((await pending.next()).done, true);
    ends.client.close();
  },
);

eachStream("close() drops what was buffered", async ({ pair }) => {
  using ends = await pair();
  await ends.server.writeAll(bytes("abc"));
  await ends.client.peek(3);
  ends.client.close();
  assertEquals(ends.client.buffered, 0);
  await assertRejects(() => ends.client.readExact(1), ClosedError);
});

eachStream("closeRead() ends pending and later reads", async ({ pair }) => {
  using ends = await pair();
  const direct = ends.client.read(new Uint8Array(8192));
  const line = ends.client.readLine();
  ends.client.closeRead();
  assertEquals([await direct, await line], [null, null]);
  assertEquals(await ends.client.read(new Uint8Array(8192)), null);
  assertEquals(await ends.client.read(new Uint8Array(1)), null);
});

eachStream("bad counts are refused", async ({ pair }) => {
  using ends = await pair();
  for (const count of [-1, 1.5, NaN]) {
    assertThrows(() => ends.client.take(count), RangeError);
    await assertRejects(() => ends.client.readExact(count), RangeError);
    await assertRejects(() => ends.client.peek(count), RangeError);
  }
  await assertRejects(() => ends.client.peek(65_537), RangeError);
  await assertRejects(() => ends.client.readUntil(""), TypeError);
  await assertRejects(() => ends.client.readLine({ limit: 0 }), RangeError);
});

eachStream("the counters tell both directions", async ({ pair }) => {
  using ends = await pair();
  await ends.client.send(bytes("abc"));
  await ends.client.writeAll(bytes("de"));
  await ends.server.peek(5);
  assertEquals([ends.client.bytesWritten, ends.server.bytesRead], [5, 5]);
  await until(() => ends.client.queued === 0);
});

eachStream(
  "readLine() leaves out nothing but the end of the line",
  async ({ pair }) => {
    using ends = await pair();
    const lines = ["\uFEFFfirst", "\uFEFF", "", "\r", "a\rb", "\0", "é🙂"];
    for (const byte of bytes(lines.join("\r\n") + "\r\n")) {
      await ends.server.writeAll(Uint8Array.of(byte));
    }
    await ends.server.closeWrite();
    assertEquals(await Array.fromAsync(ends.client.lines()), lines);
  },
);
