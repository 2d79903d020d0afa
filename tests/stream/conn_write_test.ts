import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenPipeError,
  ClosedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { TcpConn } from "@berkeley/sockets/tcp";
import { GONE_CODES } from "../_system.ts";
import { bytes, eachStream, readAll, text, until } from "../_each_stream.ts";

/** More than the kernel keeps for a connection that nobody reads. */
const TOO_MUCH = 64 * 1024 * 1024;

eachStream("send() gathers what is sent in a turn", async ({ pair }) => {
  using ends = await pair();
  const sent: string[] = [];
  for (let i = 0; i < 1000; i++) {
    sent.push(`message ${i}\n`);
    ends.client.send(bytes(sent.at(-1)!));
  }
  assertEquals(ends.client.bytesWritten, 0);
  await ends.client.flush();
  assertEquals(ends.client.queued, 0);
  await ends.client.closeWrite();
  assertEquals(text(await readAll(ends.server)), sent.join(""));
});

eachStream(
  "send() takes one message of any size, however low the high-water mark",
  async ({ pair }) => {
    using ends = await pair({ highWaterMark: 1 });
    const reading = readAll(ends.server);
    for (const size of [65, 17_000, 70_000]) {
      await ends.client.send(new Uint8Array(size));
    }
    await ends.client.closeWrite();
    assertEquals((await reading).length, 65 + 17_000 + 70_000);
  },
);

eachStream(
  "send() copies small messages, so that the buffer can be used again",
  async ({ pair }) => {
    using ends = await pair();
    const buffer = new Uint8Array(1);
    for (let i = 0; i < 100; i++) {
      buffer[0] = i;
      ends.client.send(buffer);
    }
    await ends.client.closeWrite();
    assertEquals(
      await readAll(ends.server),
      Uint8Array.from({ length: 100 }, (_, i) => i),
    );
  },
);

eachStream(
  "send(), write() and writeAll() of all sizes keep the order of the calls",
  async ({ pair }) => {
    using ends = await pair();
    const reading = readAll(ends.server);
    const expected: number[] = [];
    let value = 0;
    for (const size of [1, 70_000, 3, 4096, 65_535, 0, 200_000, 65_536, 2]) {
      for (const method of ["send", "writeAll", "send"] as const) {
        const data = new Uint8Array(size).fill(++value);
        ends.client[method](data);
        for (let i = 0; i < size; i++) expected.push(value);
      }
    }
    await ends.client.flush();
    await ends.client.closeWrite();
    assertEquals(await reading, Uint8Array.from(expected));
    assertEquals(ends.client.bytesWritten, expected.length);
  },
);

eachStream(
  "write() resolves with how many bytes were written",
  async ({ pair }) => {
    using ends = await pair();
    const reading = readAll(ends.server);
    const data = new Uint8Array(1_000_000).fill(7);
    let at = 0;
    while (at < data.length) at += await ends.client.write(data.subarray(at));
    await ends.client.closeWrite();
    assertEquals(at, data.length);
    assertEquals((await reading).length, data.length);
  },
);

eachStream(
  "send() and drained() wait while too much is queued",
  async ({ pair }) => {
    using ends = await pair({ highWaterMark: 10_000 });
    const chunk = new Uint8Array(5000);
    let sent = 0;
    let isBlocked = false;
    for (let i = 0; i < 10_000 && !isBlocked; i++) {
      const sending = ends.client.send(chunk);
      sent += chunk.length;
      isBlocked = await Promise.race([
        sending.then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 50)),
      ]);
    }
    assert(isBlocked, "the sender was never held back");
    assert(ends.client.queued >= 10_000 && ends.client.queued <= 20_000);
    const drained = ends.client.drained();
    const reading = readAll(ends.server);
    await drained;
    assert(ends.client.queued < 10_000);
    await ends.client.closeWrite();
    assertEquals((await reading).length, sent);
  },
);

eachStream(
  "send() refuses to queue without end, and loses nothing that it took",
  async ({ pair }) => {
    using ends = await pair({ highWaterMark: 1000 });
    let accepted = 0;
    let refusal: unknown;
    for (let i = 0; i < 1000 && refusal === undefined; i++) {
      const before = ends.client.queued;
      const sending = ends.client.send(new Uint8Array(5000));
      if (ends.client.queued === before) {
        refusal = await sending.catch((error) => error);
      } else accepted += 5000;
    }
    assert(refusal instanceof SocketError);
    assertEquals(refusal.code, "ENOBUFS");
    const reading = readAll(ends.server);
    await ends.client.flush();
    await ends.client.closeWrite();
    assertEquals((await reading).length, accepted);
  },
);

eachStream(
  "send() is not refused for what others write",
  async ({ pair }) => {
    using ends = await pair({ highWaterMark: 1000 });
    const large = ends.client.writeAll(new Uint8Array(TOO_MUCH));
    const small = ends.client.send(bytes("small"));
    const sent = ends.client.send(new Uint8Array(100_000));
    assertEquals(ends.client.queued > 64_000, true);
    const reading = readAll(ends.server);
    await Promise.all([large, small, sent]);
    await ends.client.closeWrite();
    assertEquals((await reading).length, TOO_MUCH + 5 + 100_000);
    assertEquals(ends.client.queued, 0);
  },
);

eachStream(
  "a failed flush rejects all that it carried, once, and later writes",
  async ({ pair }) => {
    using ends = await pair();
    const large = ends.client.writeAll(new Uint8Array(TOO_MUCH));
    const queued = ends.client.writeAll(bytes("behind"));
    const flushed = ends.client.flush();
    ends.client.send(bytes("nobody awaits this"));
    const { server } = ends;
    const isOfNode = server instanceof TcpConn && server.backend === "node";
    if (isOfNode) server.reset();
    else server.close();
    for (const promise of [large, queued, flushed]) {
      const error = await assertRejects(() => promise, SocketError);
      assert(GONE_CODES.includes(error.code), error.code);
    }
    await assertRejects(() => ends.client.send(bytes("x")), SocketError);
    await assertRejects(() => ends.client.writeAll(bytes("x")), SocketError);
    await assertRejects(() => ends.client.drained(), SocketError);
    await assertRejects(() => ends.client.flush(), SocketError);
  },
);

eachStream(
  "writing to a peer that has gone is a BrokenPipeError or a reset, and no signal",
  async ({ pair }) => {
    using ends = await pair();
    ends.server.close();
    const error = await assertRejects(async () => {
      for (let i = 0; i < 10_000; i++) {
        await ends.client.writeAll(bytes("anybody there?"));
      }
    }, SocketError);
    assert(GONE_CODES.includes(error.code), error.code);
  },
  ["release"],
);

eachStream(
  "a write that has not begun can be given up",
  async ({ pair }) => {
    using ends = await pair();
    const first = ends.client.writeAll(new Uint8Array(TOO_MUCH));
    const giveUp = new AbortController();
    const second = ends.client.writeAll(bytes("never"), {
      signal: giveUp.signal,
    });
    const third = ends.client.writeAll(bytes("after"));
    giveUp.abort("stop");
    await second.then(() => assert(false), (why) => assertEquals(why, "stop"));
    let total = 0;
    const last: number[] = [];
    const reading = (async () => {
      const buffer = new Uint8Array(1 << 20);
      for (let n; (n = await ends.server.read(buffer)) !== null;) {
        total += n;
        last.push(...buffer.subarray(Math.max(0, n - 5), n));
      }
    })();
    await first;
    await third;
    await ends.client.closeWrite();
    await reading;
    assertEquals(total, TOO_MUCH + 5);
    assertEquals(text(Uint8Array.from(last.slice(-5))), "after");
  },
);

eachStream(
  "a write that was begun is completed in the background",
  async ({ pair }) => {
    using ends = await pair();
    const large = new Uint8Array(TOO_MUCH).fill(1);
    await assertRejects(
      () => ends.client.writeAll(large, { timeout: 20 }),
      TimedOutError,
    );
    const closing = ends.client.closeWrite();
    let total = 0;
    const buffer = new Uint8Array(1 << 20);
    for (let n; (n = await ends.server.read(buffer)) !== null;) total += n;
    await closing;
    assertEquals(total, TOO_MUCH);
  },
);

eachStream("close() rejects pending writes", async ({ pair }) => {
  using ends = await pair();
  const large = ends.client.writeAll(new Uint8Array(TOO_MUCH));
  const flushed = ends.client.flush();
  ends.client.close();
  await assertRejects(() => large, ClosedError);
  await assertRejects(() => flushed, ClosedError);
  await assertRejects(() => ends.client.send(bytes("x")), ClosedError);
  await assertRejects(() => ends.client.write(bytes("x")), ClosedError);
});

eachStream("close() lets go what send() has accepted", async ({ pair }) => {
  using ends = await pair();
  ends.client.send(bytes("good"));
  await ends.client.send(bytes("bye"));
  ends.client.close();
  assertEquals(text(await readAll(ends.server)), "goodbye");
  await ends.client[Symbol.asyncDispose]();
});

eachStream(
  "closeWrite() flushes first, and later writes are refused",
  async ({ pair }) => {
    using ends = await pair();
    ends.client.send(bytes("last"));
    const closing = ends.client.closeWrite();
    await assertRejects(() => ends.client.send(bytes("x")), BrokenPipeError);
    await assertRejects(
      () => ends.client.writeAll(bytes("x")),
      BrokenPipeError,
    );
    await closing;
    await ends.client.closeWrite();
    assertEquals(text(await readAll(ends.server)), "last");
    await ends.server.writeAll(bytes("still here"));
    assertEquals(text(await ends.client.readExact(10)), "still here");
  },
);

eachStream("idle connections keep no queue", async ({ pair }) => {
  using ends = await pair();
  await ends.client.send(bytes("x"));
  await until(() => ends.client.queued === 0);
  await ends.client.flush();
  await ends.client.drained();
});

eachStream(
  "a large write that waits for the peer shows in the counter",
  async ({ pair }) => {
    using ends = await pair();
    const size = 2 * TOO_MUCH;
    let isDone = false;
    const writing = ends.client.writeAll(new Uint8Array(size))
      .then(() => isDone = true);
    const half = new Uint8Array(TOO_MUCH);
    await ends.server.readExact(half);
    await until(() => ends.client.bytesWritten >= TOO_MUCH);
    assert(!isDone && ends.client.bytesWritten < size);
    await ends.server.readExact(half);
    await writing;
    assertEquals(ends.client.bytesWritten, size);
  },
);
