/**
 * A stream that is used in random ways, and what must hold all the same: each byte
 * that was sent comes, once and in its place.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_WAITALL,
  poll,
  POLLIN,
  type PosixSocket,
  SHUT_WR,
  type TransferOptions,
} from "../../posix/mod.ts";
import type { Random } from "../_random.ts";

/** What ends a wait that is given up; anything else is an error. */
const GIVEN_UP = ["ETIMEDOUT", "EAGAIN", "aborted"];

/** How a call ended that was not given up. */
interface Failure {
  error: unknown;
}

/** Bytes of which each tells where it belongs. */
export function payload(id: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = id * 31 + i * 7 + (i >> 8);
  return bytes;
}

/** Aborts that are still to come. */
const aborts = new Set<Promise<void>>();

/** Waits until no abort is to come any more. */
export async function untilAborted(): Promise<void> {
  await Promise.all(aborts);
}

function abortLater(giveUp: AbortController, ms: number): void {
  const abort = new Promise<void>((resolve) =>
    setTimeout(() => {
      giveUp.abort("aborted");
      aborts.delete(abort);
      resolve();
    }, ms)
  );
  aborts.add(abort);
}

/** No bound, a timeout, a signal, or no wait at all. */
export function randomOptions(random: Random): TransferOptions {
  switch (random.integer(0, 7)) {
    case 0:
      return { timeout: 0 };
    case 1:
      return { timeout: random.integer(1, 4) };
    case 2:
      return { flags: MSG_DONTWAIT };
    case 3:
    case 4: {
      const giveUp = new AbortController();
      if (random.integer(0, 2) > 0) abortLater(giveUp, random.integer(0, 3));
      else queueMicrotask(() => giveUp.abort("aborted"));
      return { signal: giveUp.signal };
    }
    default:
      return {};
  }
}

/** Whether a call was given up, and so has done nothing. */
export function isGivenUp(error: unknown): boolean {
  const { code } = error as { code?: string };
  return GIVEN_UP.includes(code ?? String(error));
}

/** Switches what must make no difference. */
export function disturb(random: Random, socket: PosixSocket): void {
  if (socket.isClosed) return;
  const kind = random.integer(0, 30);
  if (kind === 0) socket.unref();
  if (kind === 1 || kind === 2) socket.ref();
  if (kind === 3) socket.spin = random.pick([0, 0, 30]);
}

/** Sends in random pieces and ways; what was sent, and what ended it early. */
export async function sendAtRandom(
  random: Random,
  socket: PosixSocket,
  total: number,
): Promise<{ parts: Uint8Array[]; failure: Failure | undefined }> {
  const parts: Uint8Array[] = [];
  let failure: Failure | undefined;
  for (let id = 0, sent = 0; sent < total && failure === undefined;) {
    // Several at a time keep their order.
    const calls = Array.from({ length: random.integer(1, 3) }, async () => {
      const size = random.pick([
        0,
        1,
        random.integer(2, 999),
        1 << 16,
        1 << 18,
      ]);
      const bytes = payload(id++, size);
      try {
        return bytes.subarray(0, await sendOnce(random, socket, bytes));
      } catch (error) {
        if (isGivenUp(error)) return new Uint8Array(0);
        failure ??= { error };
        return bytes; // some of it may have left
      }
    });
    for (const part of await Promise.all(calls)) {
      parts.push(part);
      sent += part.length;
    }
    disturb(random, socket);
  }
  if (!socket.isClosed && failure === undefined) socket.shutdown(SHUT_WR);
  return { parts, failure };
}

function sendOnce(
  random: Random,
  socket: PosixSocket,
  bytes: Uint8Array,
): Promise<number> | number {
  switch (random.integer(0, 5)) {
    case 0:
      return socket.sendNow(bytes) ?? 0;
    case 1: {
      const at = random.integer(0, bytes.length);
      const data = [bytes.subarray(0, at), bytes.subarray(at)];
      return socket.sendMsg({ data }, randomOptions(random));
    }
    default:
      return socket.send(bytes, randomOptions(random));
  }
}

/** Receives in random pieces and ways, up to the end; what came, and what failed. */
export async function receiveAtRandom(
  random: Random,
  socket: PosixSocket,
): Promise<{ bytes: Uint8Array; failure: Failure | undefined }> {
  const parts: Uint8Array[] = [];
  let failure: Failure | undefined;
  for (let isOver = false; !isOver && failure === undefined;) {
    const calls = Array.from({ length: random.integer(1, 3) }, async () => {
      try {
        return await receiveOnce(random, socket);
      } catch (error) {
        if (!isGivenUp(error)) failure ??= { error };
        return undefined;
      }
    });
    for (const part of await Promise.all(calls)) {
      if (part === undefined) continue;
      assert(!isOver || part.length === 0, "bytes came after the end");
      isOver ||= part.length === 0;
      parts.push(part);
    }
    disturb(random, socket);
    // Even if nothing ever waited, time would pass.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).bytes());
  return { bytes, failure };
}

/** What one call brings; undefined for nothing, and empty for the end. */
async function receiveOnce(
  random: Random,
  socket: PosixSocket,
): Promise<Uint8Array | undefined> {
  const size = random.pick([1, random.integer(2, 999), 1 << 14, 1 << 18]);
  const buffer = new Uint8Array(size);
  const options = randomOptions(random);
  const { flags = 0 } = options;
  switch (random.integer(0, 8)) {
    case 0: {
      const count = socket.recvNow(buffer);
      return count === undefined ? undefined : buffer.subarray(0, count);
    }
    case 1: {
      const whole = random.pick([0, MSG_WAITALL]);
      // More than the receive buffer holds never comes.
      const peek = { timeout: 5, ...options, flags: flags | MSG_PEEK | whole };
      await socket.recv(buffer, peek);
      return undefined;
    }
    case 2:
      await poll([{ socket, events: POLLIN }], options);
      return undefined;
    case 3:
    case 4: {
      const all = { ...options, flags: flags | MSG_WAITALL };
      return buffer.subarray(0, await socket.recv(buffer, all));
    }
    case 5: {
      const { length } = await socket.recvFrom(buffer, options);
      return buffer.subarray(0, length);
    }
    case 6: {
      const at = random.integer(1, size);
      const pieces = [buffer.subarray(0, at), buffer.subarray(at)];
      const { length } = await socket.recvMsg(pieces, options);
      return buffer.subarray(0, length);
    }
    default:
      return buffer.subarray(0, await socket.recv(buffer, options));
  }
}

/** Asserts that what came is all that was sent, or the beginning of it. */
export function assertCame(
  received: Uint8Array,
  sent: readonly Uint8Array[],
  isWhole: boolean,
): void {
  let at = 0;
  for (const part of sent) {
    const end = Math.min(at + part.length, received.length);
    for (let i = at; i < end; i++) {
      if (received[i] !== part[i - at]) throw new Error(`byte ${i} is wrong`);
    }
    at += part.length;
  }
  if (isWhole) assertEquals(received.length, at);
  else assert(received.length <= at, "more came than was sent");
}
