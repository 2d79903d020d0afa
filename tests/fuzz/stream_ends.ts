/**
 * Fuzzes the end of a connection at any moment: what was accepted leaves whole and
 * in order, or the connection ends in RST.
 *
 * @module
 */
import type { StreamConn } from "@berkeley/sockets/stream";
import { SocketError } from "@berkeley/sockets/errors";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";
import { memoryConn } from "./_memory_conn.ts";
import type { FuzzTarget } from "./_target.ts";

const CANCELLED = "cancelled by the fuzzer";

/** A message, and what its call said of it. */
interface Message {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly kind: "send" | "writeAll" | "write";
  /** How many bytes left, as the call has it; undefined if it was rejected. */
  left?: number;
  /** Whether the queue was too full for it. */
  isRefused?: boolean;
}

/** The peer: takes bytes, or lets them wait. */
class Gate {
  #isOpen = Promise.withResolvers<void>();
  #isShut = false;

  shut(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#isOpen = Promise.withResolvers();
  }

  open(): void {
    this.#isShut = false;
    this.#isOpen.resolve();
  }

  async pass(): Promise<void> {
    if (this.#isShut) await this.#isOpen.promise;
  }
}

/** Hands a message to the connection in one of the ways there are. */
async function hand(
  conn: StreamConn,
  random: Random,
  message: Message,
): Promise<void> {
  const { bytes, kind } = message;
  const cancel = new AbortController();
  const options = random.next() < 0.3
    ? { signal: cancel.signal, timeout: random.pick([0, 1, 3, 50]) }
    : undefined;
  if (random.next() < 0.5) queueMicrotask(() => cancel.abort(CANCELLED));
  try {
    if (kind === "write") {
      message.left = await conn.write(bytes, options);
    } else {
      await (kind === "send"
        ? conn.send(bytes)
        : conn.writeAll(bytes, options));
      message.left = bytes.length;
    }
  } catch (error) {
    if (error === CANCELLED) return;
    assert(error instanceof SocketError, String(error));
    message.isRefused = error.code === "ENOBUFS";
    const isExpected = ["EBADF", "EPIPE", "ETIMEDOUT", "ENOBUFS"];
    assert(isExpected.includes(error.code), String(error));
  }
}

/** Ends the connection in one of the ways there are. */
async function finish(
  conn: StreamConn,
  random: Random,
  gate: Gate,
): Promise<void> {
  const isStuck = random.next() < 0.3;
  if (isStuck) gate.shut();
  if (isStuck || random.next() < 0.5) {
    const timeout = isStuck ? random.integer(0, 2) : 30_000;
    const closing = conn.closeGracefully({ timeout });
    if (!isStuck) gate.open();
    await closing.catch((error) => assertEquals(error.code, "ETIMEDOUT"));
  } else {
    conn.close();
    if (random.next() < 0.5) await undefined;
    gate.open();
  }
  await conn[Symbol.asyncDispose]();
  gate.open();
}

/**
 * Finds the messages in what was written, and returns whether all that must be
 * there is there. A call that was rejected stands for all of its bytes or none.
 */
function isWhole(messages: readonly Message[], written: Uint8Array): boolean {
  let at = 0;
  let isAll = true;
  for (const { id, bytes, kind, left, isRefused } of messages) {
    if (isRefused) continue;
    const part = bytes.subarray(0, left ?? bytes.length);
    const rest = written.subarray(at, at + part.length);
    const isThere = rest.every((byte, i) => byte === part[i]);
    if (isThere && rest.length === part.length) {
      at += part.length;
    } else if (isThere && rest.length > 0) {
      at += rest.length; // cut off: nothing may follow
      isAll = false;
    } else if (kind === "send") {
      isAll = false;
    } else {
      assert(left === undefined, `message ${id} was written, and is not there`);
    }
  }
  assertEquals(at, written.length, "nothing is torn, doubled or out of order");
  return isAll;
}

async function once(random: Random): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const gate = new Gate();
  let how: "FIN" | "RST" | undefined;
  const conn = memoryConn([], random, {
    written: pieces,
    highWaterMark: random.pick([100, 20_000, 262_144]),
    gate: () => gate.pass(),
    onEnd: (end) => how ??= end,
  });
  const messages: Message[] = [];
  const calls: Promise<unknown>[] = [];
  const count = random.integer(1, 30);
  for (let id = 0; id < count; id++) {
    const size = random.pick([1, 9, 300, 5000, 17_000, 65_536, 200_000]);
    // The first byte tells the messages apart, the others their places.
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 31 + id);
    const kind = random.pick(["send", "send", "writeAll", "write"] as const);
    const message: Message = { id, bytes, kind };
    messages.push(message);
    calls.push(hand(conn, random, message));
    if (random.next() < 0.1) gate.shut();
    if (random.next() < 0.2) gate.open();
    if (random.next() < 0.2) await undefined;
    if (random.next() < 0.03) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  await finish(conn, random, gate);
  await Promise.all(calls);
  const written = new Uint8Array(await new Blob(pieces).arrayBuffer());
  const isAll = isWhole(messages, written);
  if (how === "FIN") assert(isAll, "an orderly end after a part");
  // A write that was under way may have left in part, for all that is known.
  const isUnsure = messages.some(({ kind, left }) =>
    kind !== "send" && left === undefined
  );
  if (how === "RST") assert(!isAll || isUnsure, "a reset with nothing owed");
  return how === "FIN" ? "all left" : "reset";
}

/** The fuzzer. */
export const streamEnds: FuzzTarget = {
  name: "ends",
  claim: "what was accepted leaves whole and in order, or the end is RST",
  tries: 30,
  outcomes: ["all left", "reset"],
  once,
};
