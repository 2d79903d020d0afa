import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  SocketError,
  UnexpectedEofError,
} from "@berkeley/sockets/errors";
import type { StreamConn } from "@berkeley/sockets/stream";
import { GONE_CODES } from "../_system.ts";
import { bytes, eachStream, text } from "../_each_stream.ts";

/** More than the kernel takes while the peer does not read. */
const TOO_MUCH = 30_000_000;
/** Less than `send` refuses to queue behind. */
const MUCH = 10_000_000;

eachStream(
  "close() settles a closeWrite() that waits for the peer, and what it flushes",
  async ({ pair }) => {
    using ends = await pair();
    const writing = assertRejects(
      () => ends.client.writeAll(new Uint8Array(TOO_MUCH)),
      ClosedError,
    );
    const ending = assertRejects(() => ends.client.closeWrite(), ClosedError);
    await ends.server.peek(1);
    ends.client.close();
    await writing;
    await ending;
  },
);

for (const method of ["closeWrite", "closeGracefully"] as const) {
  eachStream(
    `${method}() rejects when the peer resets instead of reading`,
    async ({ pair }) => {
      using ends = await pair();
      const writing = assertRejects(
        () => ends.client.writeAll(new Uint8Array(TOO_MUCH)),
        SocketError,
      );
      const ending = assertRejects(() => ends.client[method](), SocketError);
      await ends.server.peek(1);
      ends.server.close(); // with unread data: RST
      const errors = [await writing, await ending];
      for (const { code } of errors) {
        assert(GONE_CODES.includes(code), code);
      }
      await assertRejects(() => ends.client.writeAll(bytes("x")), SocketError);
    },
  );
}

eachStream(
  "nothing can be read after close() took the bytes from a pending read",
  async ({ pair }) => {
    using ends = await pair();
    const reading = assertRejects(
      () => ends.client.readExact(new Uint8Array(100)),
      ClosedError,
    );
    await ends.server.writeAll(bytes("some"));
    await untilReceived(ends.client, 4);
    ends.client.close();
    await reading;
    assertEquals(ends.client.buffered, 0);
    await assertRejects(() => ends.client.read(new Uint8Array(9)), ClosedError);
  },
);

eachStream(
  "closeRead() drops what a pending read had taken",
  async ({ pair }) => {
    using ends = await pair();
    const reading = assertRejects(
      () => ends.client.readExact(new Uint8Array(100)),
      UnexpectedEofError,
    );
    await ends.server.writeAll(bytes("some"));
    await untilReceived(ends.client, 4);
    ends.client.closeRead();
    await reading;
    assertEquals(await ends.client.read(new Uint8Array(9)), null);
  },
);

eachStream(
  "an aborted signal takes nothing of what is buffered",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("some"));
    await ends.client.peek(4);
    const options = { signal: AbortSignal.abort("no") };
    const reads: (() => Promise<unknown>)[] = [
      () => ends.client.read(new Uint8Array(4), options),
      () => ends.client.readExact(4, options),
      () => ends.client.readExact(new Uint8Array(4), options),
      () => ends.client.peek(4, options),
      () => ends.client.readLine(options),
    ];
    for (const read of reads) {
      const [{ reason }] = await Promise.allSettled([
        read(),
      ]) as [PromiseRejectedResult];
      assertEquals(reason, "no");
    }
    assertEquals(text(await ends.client.readExact(4)), "some");
  },
);

eachStream(
  "send() of large messages without waiting is refused at the limit",
  async ({ pair }) => {
    using ends = await pair({ highWaterMark: 65_536 });
    const message = new Uint8Array(1_000_000);
    const codes: Promise<string | undefined>[] = [];
    for (let i = 0; i < 100; i++) {
      codes.push(
        ends.client.send(message).then(() => undefined, (e) => e.code),
      );
    }
    const limit = 64 * 65_536;
    assert(ends.client.queued <= limit, `${ends.client.queued}`);
    const accepted = Math.floor(limit / message.length);
    await ends.server.readExact(accepted * message.length);
    const all = await Promise.all(codes);
    assertEquals(all.filter((code) => code === undefined).length, accepted);
    assertEquals(
      all.filter((code) => code === "ENOBUFS").length,
      100 - accepted,
    );
  },
);

eachStream(
  "flush() and what is queued wait for a write that went first",
  async ({ pair }) => {
    using ends = await pair();
    const data = new Uint8Array(MUCH).fill(1);
    const writing = ends.client.write(data);
    let isFlushed = false;
    const flushing = ends.client.flush().then(() => isFlushed = true);
    assertEquals(ends.client.queued, MUCH);
    assert(!isFlushed);
    const giveUp = new AbortController();
    const abandoned = ends.client.writeAll(bytes("never"), giveUp);
    giveUp.abort("no");
    await abandoned.then(() => assert(false), (why) => assertEquals(why, "no"));
    ends.client.send(bytes("after"));
    const ending = ends.client.closeWrite();
    const received = await readAllCounting(ends.server);
    const count = await writing;
    await flushing;
    await ending;
    assertEquals(received.ones, count);
    assertEquals(received.tail, "after");
    assertEquals(ends.client.queued, 0);
    assertEquals(ends.client.bytesWritten, count + 5);
  },
);

eachStream(
  "close() rejects a write that is alone, and what waits behind it",
  async ({ pair }) => {
    using ends = await pair();
    for (let isFull = false; !isFull;) { // the kernel's buffers
      const filling = ends.client.write(new Uint8Array(TOO_MUCH));
      isFull = await Promise.race([
        filling.then(() => false),
        turns(20).then(() => true),
      ]);
      filling.catch(() => {});
    }
    const writing = assertRejects(
      () => ends.client.write(new Uint8Array(TOO_MUCH)),
      ClosedError,
    );
    const flushing = assertRejects(() => ends.client.flush(), ClosedError);
    ends.client.close();
    await writing;
    await flushing;
    await assertRejects(() => ends.client.write(bytes("x")), ClosedError);
  },
);

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((r) => setTimeout(r, 1));
}

async function readAllCounting(
  conn: StreamConn,
): Promise<{ ones: number; tail: string }> {
  const buffer = new Uint8Array(65_536);
  let ones = 0;
  let tail = "";
  for (let n; (n = await conn.read(buffer)) !== null;) {
    const other = buffer.subarray(0, n).findIndex((byte) => byte !== 1);
    const end = tail !== "" ? 0 : other < 0 ? n : other;
    ones += end;
    tail += text(buffer.subarray(end, n));
  }
  return { ones, tail };
}

async function untilReceived(
  conn: { bytesRead: number },
  count: number,
): Promise<void> {
  for (let turn = 0; conn.bytesRead < count; turn++) {
    assert(turn < 5000, "nothing came");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
