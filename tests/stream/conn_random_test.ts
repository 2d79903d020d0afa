import { assertEquals } from "@std/assert";
import type { StreamConn } from "@berkeley/sockets/stream";
import { TimedOutError } from "@berkeley/sockets/errors";
import { Random } from "../_random.ts";
import { eachStream } from "../_each_stream.ts";

const TOTAL = 3_000_000;

type Timer = ReturnType<typeof setTimeout>;

/** The byte at a place in the stream, which tells any loss, doubling or mix-up. */
function byteAt(place: number): number {
  return (Math.imul(place, 2654435761) >>> 24) ^ (place & 0xff);
}

async function write(conn: StreamConn, random: Random): Promise<void> {
  for (let at = 0; at < TOTAL;) {
    const size = Math.min(
      random.pick([1, 7, 100, 5000, 70_000, 200_000]),
      TOTAL - at,
    );
    const data = Uint8Array.from({ length: size }, (_, i) => byteAt(at + i));
    const method = random.pick(["send", "writeAll", "write"] as const);
    if (method === "write") at += await conn.write(data);
    else {
      const writing = conn[method](data);
      if (random.next() < 0.7 || size >= 65_536) await writing;
      at += size;
    }
    if (random.next() < 0.05) await conn.drained();
  }
  await conn.closeWrite();
}

/** One read, whichever; the bytes that it got, or null at the end. */
async function readSome(
  conn: StreamConn,
  random: Random,
  timers: Timer[],
): Promise<Uint8Array | null> {
  const giveUp = new AbortController();
  const options = random.next() < 0.4
    ? undefined
    : random.next() < 0.5
    ? { timeout: random.integer(0, 2) }
    : { signal: giveUp.signal };
  const moment = random.pick(["microtask", "turn", "never", "microtask"]);
  if (moment === "microtask") queueMicrotask(() => giveUp.abort("given up"));
  if (moment === "turn") {
    const timer = setTimeout(() => giveUp.abort("given up"), 0);
    timers.push(timer);
  }
  const size = random.pick([1, 3, 100, 4095, 4096, 20_000, 100_000]);
  switch (random.integer(0, 5)) {
    case 0: {
      await conn.peek(Math.min(size, 65_536), options);
      return new Uint8Array(0);
    }
    case 1:
      return conn.take(Math.min(size, conn.buffered)) ?? new Uint8Array(0);
    case 2:
      return await conn.readUntil(new Uint8Array([0x55]), {
        ...options,
        limit: 1000,
      });
    case 3:
      return await conn.readExact(size, options);
    case 4:
      return await conn.readExact(new Uint8Array(size), options);
    default: {
      const buffer = new Uint8Array(size);
      const n = await conn.read(buffer, options);
      return n === null ? null : buffer.subarray(0, n);
    }
  }
}

eachStream(
  "random reads, aborts and timeouts lose, double and reorder no byte",
  async ({ pair, index }) => {
    using ends = await pair();
    const random = new Random(index);
    const writing = write(ends.server, new Random(4));
    const timers: Timer[] = [];
    let at = 0;
    for (;;) {
      let got: Uint8Array | null;
      try {
        got = await readSome(ends.client, random, timers);
      } catch (error) {
        const { code } = error as { code?: string };
        const isExpected = error === "given up" ||
          error instanceof TimedOutError || code === "EOF" ||
          code === "EMSGSIZE";
        if (!isExpected) throw error;
        if (code === "EOF") { // what is left is shorter than what was asked for
          got = await ends.client.readExact(Math.min(1, TOTAL - at));
        } else continue;
      }
      if (got === null) break;
      for (let i = 0; i < got.length; i++) {
        if (got[i] !== byteAt(at + i)) {
          assertEquals(got[i], byteAt(at + i), `at ${at + i}`);
        }
      }
      at += got.length;
    }
    for (const timer of timers) clearTimeout(timer);
    assertEquals(at, TOTAL);
    assertEquals(ends.client.bytesRead, TOTAL);
    await writing;
  },
);

eachStream(
  "random aborts of writes tear and double no message",
  async ({ pair, index }) => {
    using ends = await pair({ highWaterMark: 100_000 });
    const random = new Random(77 + index);
    const sent = new Map<number, "sure" | "maybe">();
    const reading = (async () => {
      const seen: number[] = [];
      const head = new DataView(new ArrayBuffer(8));
      for (;;) {
        const n = await ends.server.peek(1);
        if (n.length === 0) return seen;
        await ends.server.readExact(new Uint8Array(head.buffer));
        const [id, size] = [head.getUint32(0), head.getUint32(4)];
        const body = await ends.server.readExact(size);
        for (const byte of body) if (byte !== id % 256) throw new Error("torn");
        seen.push(id);
      }
    })();
    for (let id = 0; id < 400; id++) {
      const size = random.pick([0, 10, 1000, 50_000, 150_000]);
      const message = new Uint8Array(8 + size).fill(id % 256, 8);
      new DataView(message.buffer).setUint32(0, id);
      new DataView(message.buffer).setUint32(4, size);
      const giveUp = new AbortController();
      const writing = ends.client.writeAll(message, { signal: giveUp.signal });
      sent.set(id, "sure");
      if (random.next() < 0.5) giveUp.abort("given up");
      writing.catch(() => sent.set(id, "maybe"));
      if (random.next() < 0.5) await writing.catch(() => {});
    }
    await ends.client.closeWrite();
    const seen = await reading;
    assertEquals(seen, [...new Set(seen)].sort((a, b) => a - b));
    for (const [id, state] of sent) {
      if (state === "sure" && !seen.includes(id)) {
        throw new Error(`message ${id} is lost`);
      }
    }
  },
);
