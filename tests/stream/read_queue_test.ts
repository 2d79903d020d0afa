/** Reads that wait, and what ends them: each takes all that it needs, or nothing. */
import { Buffer } from "node:buffer";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { UnexpectedEofError } from "@berkeley/sockets/errors";
import { fixedFraming, type StreamConn } from "@berkeley/sockets/stream";
import { bytes, eachStream, text } from "../_each_stream.ts";

const HOUR = { timeout: 3_600_000 };

/** Reads in all ways, and what each returns of "abcdefgh". */
const READS: Record<string, (conn: StreamConn) => Promise<unknown>> = {
  "readExact(4)": (conn) => conn.readExact(4),
  "readExact(4, { timeout })": (conn) => conn.readExact(4, HOUR),
  "readExact(buffer)": (conn) => conn.readExact(new Uint8Array(4)),
  "readExact(large buffer)": (conn) => conn.readExact(new Uint8Array(9000)),
  "read(buffer)": (conn) => conn.read(new Uint8Array(4)),
  "read(large buffer)": (conn) => conn.read(new Uint8Array(9000)),
  "read(buffer, { timeout })": (conn) => conn.read(new Uint8Array(4), HOUR),
  "peek(20)": (conn) => conn.peek(20),
  "readLine()": (conn) => conn.readLine(),
  "readUntil()": (conn) => conn.readUntil("d"),
  "readFrame()": (conn) => conn.readFrame(fixedFraming(4), HOUR),
};

/** Lets some microtasks pass. */
async function pass(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

eachStream(
  "closeRead() after a read of buffered bytes leaves nothing half taken",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("abcdefgh"));
    await ends.client.peek(8);
    const reading = ends.client.readExact(4, HOUR);
    ends.client.closeRead();
    const [outcome] = await Promise.allSettled([reading]);
    if (outcome.status === "fulfilled") {
      assertEquals(text(outcome.value), "abcd");
    } else assertInstanceOf(outcome.reason, UnexpectedEofError);
    assertEquals(ends.client.buffered, 0);
    assertEquals(await ends.client.read(new Uint8Array(4), HOUR), null);
    assertEquals((await ends.client.peek(10, HOUR)).length, 0);
  },
);

for (const [name, read] of Object.entries(READS)) {
  eachStream(
    `closeRead() in the turn in which bytes arrive leaves ${name} whole`,
    async ({ pair }) => {
      for (let round = 0; round < 12; round++) {
        using ends = await pair();
        const { client } = ends;
        const reading = read(client).then(
          (value) => value instanceof Uint8Array ? text(value) : value,
          ({ code }) => code,
        );
        await ends.server.writeAll(bytes("abcdefgh"));
        if (round % 3 === 0) await new Promise((done) => setTimeout(done));
        await pass(round);
        client.closeRead();
        const results = ["abcd", "", 4, 8, null, "EOF"];
        assert(results.includes(await reading), `${await reading}`);
        assertEquals(client.buffered, 0);
        assertEquals(client.take(1), null);
        assertEquals(await client.read(new Uint8Array(4), HOUR), null);
        assertEquals((await client.peek(10, HOUR)).length, 0);
        assertEquals(client.buffered, 0);
      }
    },
  );
}

eachStream(
  "closeGracefully() after closeRead() lets the peer send all that it has",
  async ({ pair }) => {
    using ends = await pair();
    const message = new Uint8Array(3_000_000);
    const sending = (async () => {
      await ends.server.writeAll(message);
      await ends.server.closeWrite();
      return ends.server.bytesWritten;
    })();
    ends.client.closeRead();
    await ends.client.closeGracefully({ timeout: 30_000 });
    assertEquals(await sending, message.length);
    assertEquals(await ends.server.read(new Uint8Array(1)), null);
  },
);

eachStream(
  "readUntil() refuses a delimiter that is not text or bytes",
  async ({ pair }) => {
    using ends = await pair();
    const delimiters = [
      ...[10, new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), [10]],
      ...[new Uint16Array(1), null, undefined, "", new Uint8Array(0)],
    ] as unknown as Uint8Array[];
    for (const delimiter of delimiters) {
      await assertRejects(() => ends.client.readUntil(delimiter), TypeError);
    }
    const delimiter = bytes("\n");
    const reading = ends.client.readUntil(delimiter);
    delimiter[0] = 0; // it was copied
    await ends.server.writeAll(bytes("later\n"));
    assertEquals(text(await reading), "later\n");
  },
);

eachStream(
  "read() into no bytes does not wait, whatever the options",
  async ({ pair }) => {
    using ends = await pair();
    const none = new Uint8Array(0);
    const { signal } = new AbortController();
    const options = [undefined, { timeout: 0 }, { timeout: 5 }, HOUR, {
      signal,
    }];
    for (const option of options) {
      assertEquals(await ends.client.read(none, option), 0);
    }
    const first = ends.client.readExact(1);
    for (const option of options) {
      assertEquals(await ends.client.read(none, option), 0);
    }
    await ends.server.writeAll(bytes("a"));
    assertEquals(text(await first), "a");
  },
);

for (const size of [16, 8192]) {
  for (const method of ["read", "readExact"] as const) {
    for (const options of [undefined, HOUR]) {
      const call = `${method}(buffer of ${size}${options ? ", options" : ""})`;
      eachStream(
        `${call} of resizable memory keeps the bytes when that changes`,
        async ({ pair }) => {
          using ends = await pair();
          const changed = [0, size / 2, size * 2];
          for (const newSize of changed) {
            const memory = new ArrayBuffer(size, { maxByteLength: size * 2 });
            const buffer = new Uint8Array(memory); // as long as the memory
            const failing = assertRejects(
              () => ends.client[method](buffer, options),
              TypeError,
              "taken away",
            );
            memory.resize(newSize);
            const sent = new Uint8Array(size).fill(newSize % 251);
            await ends.server.writeAll(sent);
            await failing;
            assertEquals(await ends.client.readExact(size), sent);
          }
        },
      );
    }
  }
}

eachStream(
  "readExact() into a Buffer puts back bytes that do not change with it",
  async ({ pair }) => {
    for (const size of [100, 9000]) {
      using ends = await pair();
      const buffer = Buffer.alloc(size);
      const failing = assertRejects(
        () => ends.client.readExact(buffer),
        UnexpectedEofError,
      );
      await ends.server.writeAll(bytes("abc"));
      await ends.server.closeWrite();
      await failing;
      buffer.fill(0);
      assertEquals(text(await ends.client.readExact(3)), "abc");
    }
  },
);

eachStream(
  "reads reject for bad arguments, and never throw",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const buffer = new Uint8Array(1);
    const framing = fixedFraming(1);
    // deno-lint-ignore no-explicit-any -- what callers without types may pass
    const calls: ((bad: any) => Promise<unknown>)[] = [
      (bad) => client.read(buffer, bad),
      (bad) => client.readExact(1, bad),
      (bad) => client.readExact(buffer, bad),
      (bad) => client.peek(1, bad),
      (bad) => client.readLine(bad),
      (bad) => client.readUntil("\n", bad),
      (bad) => client.readFrame(framing, bad),
      (bad) => client.frames(framing, bad).next(),
      (bad) => client.frameBatches(framing, bad).next(),
      (bad) => client.lines(bad).next(),
    ];
    await ends.server.writeAll(bytes("a"));
    await client.peek(1);
    for (const call of calls) {
      for (const timeout of ["5", null, true]) {
        await assertRejects(() => call({ timeout }), TypeError, "timeout");
      }
      await assertRejects(() => call({ timeout: -1 }), RangeError, "timeout");
      await assertRejects(() => call({ signal: {} }), TypeError, "signal");
    }
    for (const limit of [0, -1, 1.5, NaN, "5"] as number[]) {
      await assertRejects(
        () => client.readLine({ limit }),
        RangeError,
        "limit",
      );
      await assertRejects(
        () => client.readUntil("\n", { limit }),
        RangeError,
        "limit",
      );
    }
    for (const count of [-1, 1.5, NaN, Infinity]) {
      await assertRejects(() => client.readExact(count), RangeError);
      await assertRejects(() => client.peek(count), RangeError);
    }
    assertEquals(text(await client.readExact(1)), "a");
  },
);

eachStream(
  "a timeout that fires late lets what arrived in time settle the read",
  async ({ pair }) => {
    using ends = await pair();
    for (let round = 0; round < 2; round++) {
      const reads = [
        ends.client.readExact(4, { timeout: 30 }),
        ends.client.readLine({ timeout: 30 }),
      ];
      await ends.server.writeAll(bytes("1234line\n"));
      keepBusy(60);
      await Promise.all(reads);
    }
  },
  ["real time"],
);

function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

eachStream(
  "a read gets what came, or the end that came, after another read timed out",
  async ({ pair }) => {
    using ends = await pair();
    using others = await pair();
    const { client, server } = ends;
    /** The event loop hears of what came, while no read is pending. */
    const beHeard = async () => {
      for (let i = 0; i < 3; i++) {
        await others.client.send(bytes("x"));
        await others.server.readExact(1, HOUR);
      }
    };
    for (const letter of "ab") {
      await assertRejects(() => server.readExact(1, { timeout: 5 }));
      await client.send(bytes(letter));
      await client.flush();
      await beHeard();
      assertEquals(text(await server.readExact(1, HOUR)), letter);
    }
    await assertRejects(() => server.readExact(1, { timeout: 5 }));
    await client.closeWrite();
    await beHeard();
    assertEquals(await server.read(new Uint8Array(1), HOUR), null);
  },
);
