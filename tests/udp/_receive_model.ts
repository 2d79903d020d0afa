/**
 * Receives of all kinds at once, given up or not, on a socket that takes a peer and
 * gives it up, against a model: what was sent, in its order.
 *
 * @module
 */
import { ConnectedUdpSocket, type UdpSocket } from "@berkeley/sockets/udp";
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../_random.ts";

const GIVEN_UP = "given up";
const SOON = { timeout: 20_000 };
/** How many may wait, lest the kernel drop some. */
const MOST_WAITING = 60;

/** What a call has taken, in its order. */
interface Taken {
  data: Uint8Array;
  port: number;
  truncated: boolean;
}

type Call = (
  socket: UdpSocket | ConnectedUdpSocket,
  options: { signal?: AbortSignal; timeout?: number } | undefined,
) => Promise<Taken[]>;

function into(size: number, isTransferred: boolean): Call {
  return async (socket, options) => {
    const buffer = new Uint8Array(size);
    const receiving = socket.receiveInto(buffer, options);
    const left = isTransferred
      ? new Uint8Array(buffer.buffer.transfer())
      : buffer;
    const { length, address, truncated } = await receiving;
    const data = left.subarray(0, length);
    return [{ data, port: address.port, truncated }];
  };
}

const one: Call = async (socket, options) => {
  const { data, address, truncated } = await socket.receive(options);
  return [{ data, port: address.port, truncated }];
};

function batch(most: number): Call {
  return async (socket, options) => {
    const got = await socket.receiveBatch(most, options);
    assert(got.length >= 1 && got.length <= most, `${got.length} of ${most}`);
    return got.map(({ data, address, truncated }) => {
      return { data, port: address.port, truncated };
    });
  };
}

const iterate: Call = async (socket) => {
  for await (const { data, address, truncated } of socket) {
    return [{ data, port: address.port, truncated }];
  }
  return [];
};

function anyCall(random: Random): Call {
  switch (random.integer(0, 5)) {
    case 0:
      return into(random.pick([4, 40, 300]), false);
    case 1:
      return into(300, true);
    case 2:
      return batch(random.pick([1, 2, 5, 1e9]));
    case 3:
      return iterate;
    default:
      return one;
  }
}

function anyLimit(random: Random) {
  const what = random.next();
  if (what < 0.5) return undefined;
  if (what < 0.7) return { timeout: random.integer(0, 2) };
  const giveUp = new AbortController();
  let left = random.pick([0, 1, 2, 5, 20]);
  const wait = (): void => {
    if (left-- === 0) giveUp.abort(GIVEN_UP);
    else queueMicrotask(wait);
  };
  if (what < 0.9) wait();
  else setTimeout(() => giveUp.abort(GIVEN_UP));
  return { signal: giveUp.signal };
}

/** Whether a call may have ended like this without taking anything. */
function isIdle(error: unknown): boolean {
  return error === GIVEN_UP || error instanceof TypeError ||
    (error as { code?: string }).code === "ETIMEDOUT";
}

/** One sender: what it has sent, and how much of that has been seen. */
class Stream {
  readonly sent: Uint8Array[] = [];
  /** Which have been taken. */
  readonly taken = new Set<number>();
  /** The latest that was the first of its call. */
  #last = -1;

  readonly socket: UdpSocket;
  readonly id: number;

  constructor(socket: UdpSocket, id: number) {
    this.socket = socket;
    this.id = id;
  }

  next(random: Random): Uint8Array<ArrayBuffer> {
    const data = random.bytes(random.pick([4, 5, 40, 250]));
    new DataView(data.buffer).setUint32(0, this.sent.length);
    this.sent.push(data);
    return data;
  }

  /** Checks what a call took; it may have got but the beginning of it. */
  take({ data, truncated }: Taken, isFirst: boolean): void {
    const number = new DataView(data.buffer, data.byteOffset).getUint32(0);
    const whole = this.sent[number]!;
    assertEquals(data, whole.slice(0, data.length), `${number} of ${this.id}`);
    assertEquals(truncated, data.length < whole.length);
    assert(!this.taken.has(number), `${number} of ${this.id} twice`);
    this.taken.add(number);
    if (!isFirst) return;
    assert(number > this.#last, `${number} of ${this.id} after ${this.#last}`);
    this.#last = number;
  }
}

/** Makes one try with three sockets of its own; what came up. */
export async function tryReceives(
  random: Random,
  bind: () => Promise<UdpSocket>,
): Promise<string> {
  using peer = await bind();
  using stranger = await bind();
  const streams = [new Stream(peer, 0), new Stream(stranger, 1)] as const;
  let socket: UdpSocket | ConnectedUdpSocket = await bind();
  const to = socket.localAddr;
  let epoch = 0;
  let [hadPeer, hasPeer, hasGivenUp] = [false, false, false];
  const calls: Promise<void>[] = [];
  let received = 0;

  // Deliveries are looked at in the order of the calls.
  let turn: Promise<void> = Promise.resolve();
  const begin = (call: Call, options: ReturnType<typeof anyLimit>) => {
    const begun = { epoch, hasPeer };
    const result = call(socket, options).then(
      (taken) => ({ taken, isSame: begun.epoch === epoch }),
      (error) => {
        if (!isIdle(error)) throw error;
        hasGivenUp = true;
        return { taken: [], isSame: true };
      },
    );
    turn = Promise.all([result, turn]).then(([{ taken, isSame }]) => {
      received += taken.length;
      for (const [i, one] of taken.entries()) {
        const stream = streams.find(({ socket }) =>
          socket.localAddr.port === one.port
        )!;
        if (begun.hasPeer && isSame) assertEquals(stream.id, 0, "a stranger's");
        stream.take(one, i === 0);
      }
    });
    turn.catch(() => {}); // told of when all calls are awaited
    calls.push(turn);
  };

  const send = async (stream: Stream, count: number) => {
    const data = Array.from({ length: count }, () => stream.next(random));
    if (random.next() < 0.3) {
      await stream.socket.sendMany(
        data.map((data) => ({ data, address: to })),
      );
    } else await Promise.all(data.map((one) => stream.socket.sendTo(one, to)));
  };

  const waiting = () =>
    streams.reduce((sum, { sent, taken }) => sum + sent.length - taken.size, 0);

  for (let round = 0; round < 40; round++) {
    if (random.next() < 0.1) {
      epoch++;
      hasPeer = !(socket instanceof ConnectedUdpSocket);
      hadPeer ||= hasPeer;
      socket = socket instanceof ConnectedUdpSocket
        ? socket.disconnect()
        : await socket.connect(peer.localAddr);
    }
    const sending = waiting() < MOST_WAITING
      ? streams.map((stream) =>
        random.next() < 0.6 ? send(stream, random.integer(0, 6)) : undefined
      )
      : [];
    if (random.next() < 0.5) await Promise.all(sending);
    for (let i = random.integer(0, 5); i > 0; i--) {
      begin(anyCall(random), anyLimit(random));
    }
    await Promise.all(sending);
    if (random.next() < 0.5) {
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  // Whoever still waits gets one, and what is left is taken one by one.
  await send(streams[0], calls.length);
  await Promise.all(calls);
  while (streams[0].taken.size < streams[0].sent.length) {
    begin(one, SOON);
    await turn;
  }
  if (!hadPeer) {
    while (waiting() > 0) {
      begin(one, SOON);
      await turn;
    }
  }
  assertEquals(socket.stats.received, received);
  assertEquals(socket.dropped, 0);
  socket.close();
  return hasGivenUp ? hadPeer ? "peer" : "given up" : "whole";
}
