/**
 * Datagrams that are sent and received in random ways, and what must hold all the
 * same: each comes once, whole, from whom it is, and in order; what was given up
 * never comes.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  MessageBatch,
  poll,
  POLLIN,
  type PosixSocket,
  SOCK_SEQPACKET,
  type SocketName,
} from "../../posix/mod.ts";
import type { Random } from "../_random.ts";
import {
  disturb,
  isGivenUp,
  payload,
  randomOptions,
} from "./_random_stream.ts";

/** The largest that is sent. */
const MAX_SIZE = 1000;
/** How many are under way at most, so that no queue of UDP overflows. */
const WINDOW = 32;

/** A socket, and where it sends to. */
export interface Sender {
  socket: PosixSocket;
  /** Left out where it is connected. */
  to?: SocketName | undefined;
}

/** What was sent and what was received so far. */
export class Ledger {
  /** The numbers of those that were sent, in order. */
  readonly sent: number[] = [];
  /** The numbers of those that came. */
  readonly received: number[] = [];
  #lastId = 0;
  #onReceived: (() => void)[] = [];

  /** A new datagram, which begins with its number. */
  next(random: Random): { id: number; bytes: Uint8Array<ArrayBuffer> } {
    const id = ++this.#lastId;
    const bytes = payload(id, random.integer(4, MAX_SIZE));
    new DataView(bytes.buffer).setUint32(0, id);
    return { id, bytes };
  }

  /** Takes note of a datagram that came, and checks what is in it. */
  receive(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const id = view.getUint32(0);
    assertEquals(bytes.slice(4), payload(id, bytes.length).slice(4));
    this.received.push(id);
    for (const resolve of this.#onReceived.splice(0)) resolve();
  }

  /** Waits until there is room for so many more. */
  async room(count: number): Promise<void> {
    while (this.sent.length + count - this.received.length > WINDOW) {
      await new Promise<void>((resolve) => this.#onReceived.push(resolve));
    }
  }

  /** Asserts that what was sent came, and nothing else. */
  check(): void {
    assertEquals(this.received, this.sent);
  }
}

/** Sends so many datagrams in random ways. */
export async function sendDatagrams(
  random: Random,
  sender: Sender,
  ledger: Ledger,
  count: number,
): Promise<void> {
  for (let tries = 0; tries < count; tries++) {
    const several = random.integer(1, 8);
    await ledger.room(several);
    if (random.integer(0, 2) === 0) {
      await sendBatch(random, sender, ledger, several);
    } else {
      const { id, bytes } = ledger.next(random);
      if (await sendOne(random, sender, bytes)) ledger.sent.push(id);
    }
    disturb(random, sender.socket);
  }
}

/** Whether it was sent. */
async function sendOne(
  random: Random,
  { socket, to }: Sender,
  bytes: Uint8Array,
): Promise<boolean> {
  const options = randomOptions(random);
  const at = random.integer(0, bytes.length);
  const data = [bytes.subarray(0, at), bytes.subarray(at)];
  const address = to && { ...to };
  try {
    switch (random.integer(0, 3)) {
      case 0:
        await socket.sendMsg({ data, address }, options);
        return true;
      case 1:
        if (to === undefined) return socket.sendNow(bytes) !== undefined;
    }
    if (address === undefined) await socket.send(bytes, options);
    else await socket.sendTo(bytes, address, options);
    return true;
  } catch (error) {
    if (isGivenUp(error)) return false;
    throw error;
  }
}

async function sendBatch(
  random: Random,
  { socket, to }: Sender,
  ledger: Ledger,
  count: number,
): Promise<void> {
  const batch = new MessageBatch({ capacity: count, size: MAX_SIZE });
  const ids = Array.from({ length: count }, () => {
    const { id, bytes } = ledger.next(random);
    if (to === undefined) batch.push(bytes);
    else socket.addTo(batch, bytes, to);
    return id;
  });
  const sent = random.integer(0, 3) === 0
    ? socket.sendManyNow(batch) ?? 0
    : await socket.sendMany(batch, randomOptions(random)).catch((error) => {
      if (isGivenUp(error)) return 0;
      throw error;
    });
  ledger.sent.push(...ids.slice(0, sent));
}

/** Receives in random ways until `isOver` says so, and nothing is left. */
export async function receiveDatagrams(
  random: Random,
  socket: PosixSocket,
  from: SocketName,
  ledger: Ledger,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver() || ledger.received.length < ledger.sent.length) {
    const calls = Array.from({ length: random.integer(1, 3) }, async () => {
      try {
        return await receiveSome(random, socket, from);
      } catch (error) {
        if (isGivenUp(error)) return [];
        throw error;
      }
    });
    for (const datagrams of await Promise.all(calls)) {
      for (const bytes of datagrams) ledger.receive(bytes);
    }
    disturb(random, socket);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** What one call brings. */
async function receiveSome(
  random: Random,
  socket: PosixSocket,
  from: SocketName,
): Promise<Uint8Array[]> {
  const buffer = new Uint8Array(MAX_SIZE + 1);
  // Without a bound, it would wait for what may not be sent any more.
  const options = { timeout: 3, ...randomOptions(random) };
  switch (random.integer(0, 6)) {
    case 0: {
      const count = socket.recvNow(buffer);
      return count === undefined ? [] : [buffer.subarray(0, count)];
    }
    case 1: {
      const { length, address, truncated } = await socket.recvFrom(
        ...[buffer, options] as const,
      );
      assertSender(socket, address, from);
      assert(!truncated);
      return [buffer.subarray(0, length)];
    }
    case 2: {
      const at = random.integer(1, MAX_SIZE);
      const pieces = [buffer.subarray(0, at), buffer.subarray(at)];
      const message = await socket.recvMsg(pieces, options);
      assertSender(socket, message.address, from);
      return [buffer.subarray(0, message.length)];
    }
    case 3:
    case 4: {
      const batch = new MessageBatch({
        capacity: random.integer(1, 8),
        size: MAX_SIZE,
      });
      if (random.integer(0, 2) > 0) await socket.recvMany(batch, options);
      else socket.recvManyNow(batch);
      return Array.from({ length: batch.length }, (_, i) => {
        assertSender(socket, batch.address(i), from);
        return batch.data(i);
      });
    }
    case 5:
      await poll([{ socket, events: POLLIN }], options);
      return [];
    default:
      return [buffer.subarray(0, await socket.recv(buffer, options))];
  }
}

function assertSender(
  { type }: PosixSocket,
  address: SocketName,
  from: SocketName,
): void {
  // A socket that is connected for good need not tell of it.
  if (type !== SOCK_SEQPACKET) assertEquals(address, from);
}
