/**
 * Reads that are cancelled at random, over any pair of connections.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { TimedOutError } from "@berkeley/sockets/errors";
import type { StreamConn } from "@berkeley/sockets/stream";
import { Random } from "./_random.ts";

/** The stream repeats these bytes; a prime length shows any loss or mix-up. */
const PATTERN = new Random(1).bytes(65_521);
const REPEATED = new Uint8Array(8 * PATTERN.length);
for (let i = 0; i < 8; i++) REPEATED.set(PATTERN, i * PATTERN.length);
/** The most bytes of one read. */
const MOST = 20_000;

/** The bytes of the stream from a place on. */
function bytesAt(place: number, count: number): Uint8Array<ArrayBuffer> {
  const start = place % PATTERN.length;
  return REPEATED.subarray(start, start + count);
}

async function writeAll(
  conn: StreamConn,
  total: number,
  random: Random,
): Promise<void> {
  for (let at = 0; at < total;) {
    const size = random.pick([1, 7, 100, 700, 2000, 5000]);
    const data = bytesAt(at, Math.min(size, total - at));
    const method = random.pick(["send", "writeAll", "write"] as const);
    if (method === "write") at += await conn.write(data);
    else {
      const writing = conn[method](data);
      if (method === "writeAll" || random.next() < 0.7) await writing;
      at += data.length;
    }
    if (random.next() < 0.03) { // so that the reader has to wait
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  await conn.closeWrite();
}

/** What came of one read, whichever: the bytes that it took. */
function readSome(
  conn: StreamConn,
  random: Random,
  left: number,
): Promise<Uint8Array | null> {
  const giveUp = new AbortController();
  const limit = random.pick([
    undefined,
    { timeout: 0 },
    { timeout: 0 },
    { timeout: random.integer(1, 2) },
    { signal: giveUp.signal },
    { signal: giveUp.signal },
    { signal: giveUp.signal },
    { signal: giveUp.signal },
  ]);
  const reading = read(conn, random, left, limit);
  if (limit?.signal !== undefined) {
    let turns = random.integer(0, 3);
    const step = () => {
      if (turns-- > 0) queueMicrotask(step);
      else giveUp.abort("cancelled");
    };
    step();
  }
  return reading;
}

async function read(
  conn: StreamConn,
  random: Random,
  left: number,
  limit: { timeout?: number; signal?: AbortSignal } | undefined,
): Promise<Uint8Array | null> {
  const size = Math.min(left, random.pick([1, 3, 100, 1000, 4096, MOST]));
  switch (random.integer(0, 5)) {
    case 0:
      await conn.peek(Math.min(size, 65_536), limit);
      return new Uint8Array(0);
    case 1:
      return conn.take(Math.min(size, conn.buffered)) ?? new Uint8Array(0);
    case 2:
      return await conn.readUntil(PATTERN.subarray(0, 1), {
        ...limit,
        limit: 4096,
      });
    case 3:
      return await conn.readExact(size, limit);
    case 4:
      return await conn.readExact(new Uint8Array(size), limit);
    default: {
      const buffer = new Uint8Array(size);
      const count = await conn.read(buffer, limit);
      return count === null ? null : buffer.subarray(0, count);
    }
  }
}

/**
 * Sends `total` bytes from one end to the other, whose reads are cancelled at random.
 * Returns how many of them were.
 *
 * @throws If a byte is lost, doubled or in another place.
 */
export async function cancelReadsAtRandom(
  sender: StreamConn,
  receiver: StreamConn,
  total: number,
  random: Random,
): Promise<number> {
  const writing = writeAll(sender, total, new Random(random.integer(0, 1e9)));
  writing.catch(() => {});
  let at = 0;
  let cancelled = 0;
  while (at < total) {
    let got: Uint8Array | null;
    try {
      got = await readSome(receiver, random, total - at);
    } catch (error) {
      const { code } = error as { code?: string };
      // No delimiter within the limit, or up to the end.
      const isElsewhere = code === "EMSGSIZE" || code === "EOF";
      const isCancelled = error === "cancelled" ||
        error instanceof TimedOutError;
      if (!isElsewhere && !isCancelled) throw error;
      if (isCancelled) cancelled++;
      continue;
    }
    if (got === null) break;
    const expected = bytesAt(at, got.length);
    for (let i = 0; i < got.length; i++) {
      if (got[i] !== expected[i]) {
        throw new Error(
          `Another byte at ${at + i}, of a read of ${got.length}`,
        );
      }
    }
    at += got.length;
  }
  await writing;
  assertEquals(at, total);
  assertEquals(await receiver.read(new Uint8Array(1)), null);
  assertEquals(receiver.bytesRead, total);
  return cancelled;
}
