/**
 * Fuzzes the writing half of a connection: however few bytes the kernel takes at
 * a time, messages leave whole, once and in the order of the calls.
 *
 * @module
 */
import type { StreamConn } from "@berkeley/sockets/stream";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import { memoryConn } from "./_memory_conn.ts";
import type { FuzzTarget } from "./_target.ts";

const GIVEN_UP = "given up by the fuzzer";

/** What became of a message. */
interface Sent {
  bytes: Uint8Array;
  /** Whether it may have been taken back, or sent in part. */
  state: "whole" | "whole or not" | { count: number };
}

/** Hands a message to the connection in one of the ways there are. */
function hand(
  conn: StreamConn,
  random: Random,
  message: Sent,
): Promise<unknown> | undefined {
  const { bytes } = message;
  switch (random.integer(0, 3)) {
    case 0:
      return conn.writeAll(bytes);
    case 1: {
      const giveUp = new AbortController();
      let left = random.pick([0, 1, 3, 10]);
      const wait = (): void => {
        if (left-- === 0) giveUp.abort(GIVEN_UP);
        else queueMicrotask(wait);
      };
      wait();
      return conn.writeAll(bytes, { signal: giveUp.signal }).catch((error) => {
        assertEquals(error, GIVEN_UP);
        message.state = "whole or not";
      });
    }
    case 2:
      return conn.write(bytes).then((count) => {
        assert(count > 0 || bytes.length === 0);
        message.state = { count };
      });
    default: {
      const buffer = bytes.slice();
      const sending = conn.send(buffer);
      if (buffer.length < 65_536) buffer.fill(0); // it has been copied
      return sending.catch((error) => {
        // Much is queued, and this caller does not always wait.
        assertEquals(error.code, "ENOBUFS");
        message.state = { count: 0 };
      });
    }
  }
}

/** Whether the bytes stand at a place. */
function standsAt(written: Uint8Array, at: number, bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => written[at + i] === byte);
}

async function once(random: Random): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  using conn = memoryConn([], random, {
    written: pieces,
    highWaterMark: random.pick([100, 20_000, 262_144]),
  });
  const messages: Sent[] = [];
  const calls: Promise<unknown>[] = [];
  for (let id = 0; id < 40; id++) {
    const size = random.pick([0, 1, 9, 300, 5000, 17_000, 70_000]);
    // The first byte tells the messages apart, the others their places.
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = i * 31 + id;
    const message: Sent = { bytes, state: "whole" };
    messages.push(message);
    const call = hand(conn, random, message);
    if (call !== undefined) calls.push(call);
    if (random.next() < 0.3) await call;
    if (random.next() < 0.1) await conn.flush();
    if (random.next() < 0.1) await conn.drained();
  }
  await Promise.all(calls);
  await conn.flush();
  const written = new Uint8Array(await new Blob(pieces).arrayBuffer());
  assertEquals([conn.queued, conn.bytesWritten], [0, written.length]);
  let at = 0;
  let takenBack = 0;
  for (const [id, { bytes, state }] of messages.entries()) {
    const part = typeof state === "object"
      ? bytes.subarray(0, state.count)
      : bytes;
    if (standsAt(written, at, part)) at += part.length;
    else if (state === "whole or not") takenBack++;
    else assert(false, `message ${id} is lost, torn or out of order at ${at}`);
  }
  assertEquals(at, written.length);
  return takenBack > 0 ? "some taken back" : "all sent";
}

/** The fuzzer. */
export const streamWrites: FuzzTarget = {
  name: "writes",
  claim: "messages leave whole, once and in the order of the calls",
  tries: 60,
  outcomes: ["some taken back"],
  once,
};
