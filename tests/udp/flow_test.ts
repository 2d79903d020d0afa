import { assert, assertEquals } from "@std/assert";
import { Random } from "../_random.ts";
import { IS_DENO } from "../_runtime.ts";
import { eachTransport } from "./_each_transport.ts";

/** A million over both transports and both families; each has its share. */
const COUNT = IS_DENO ? 250_000 : 25_000;
const WINDOW = 64;

eachTransport(
  "no datagram of a paced flow is lost, doubled or reordered",
  async ({ bind, connect }) => {
    using receiver = await bind({ maxDatagramSize: 64 });
    using sender = await connect(receiver.localAddr, { maxDatagramSize: 64 });
    const receiving = (async () => {
      const buffer = new Uint8Array(64);
      const view = new DataView(buffer.buffer);
      const ack = new Uint8Array(4);
      for (let expected = 0; expected < COUNT; expected++) {
        const { address } = await receiver.receiveInto(buffer);
        if (view.getUint32(0) !== expected) {
          assertEquals(view.getUint32(0), expected);
        }
        if ((expected + 1) % WINDOW === 0) await receiver.sendTo(ack, address);
      }
    })();
    const message = new Uint8Array(16);
    const view = new DataView(message.buffer);
    for (let i = 0; i < COUNT; i++) {
      view.setUint32(0, i);
      await sender.send(message);
      if ((i + 1) % WINDOW === 0) await sender.receive();
    }
    await receiving;
  },
);

eachTransport(
  "random aborts and timeouts of receives lose no datagram",
  async ({ bind, family }) => {
    using a = await bind();
    using b = await bind();
    const random = new Random(family);
    const COUNT = 2000;
    let received = 0;
    for (let sent = 0; received < COUNT;) {
      for (
        let i = random.integer(0, 8);
        i > 0 && sent < COUNT && sent - received < 100;
        i--
      ) {
        const data = new Uint8Array(4);
        new DataView(data.buffer).setUint32(0, sent++);
        await a.sendTo(data, b.localAddr);
      }
      for (let i = random.integer(1, 8); i > 0 && received < COUNT; i--) {
        const giveUp = new AbortController();
        const receive = random.next() < 0.5
          ? b.receive({ signal: giveUp.signal })
          : b.receive({ timeout: random.integer(0, 1), signal: giveUp.signal });
        if (random.next() < 0.3) giveUp.abort("given up");
        else if (received >= sent) {
          queueMicrotask(() => giveUp.abort("given up"));
        }
        try {
          const { data } = await receive;
          assertEquals(new DataView(data.buffer).getUint32(0), received);
          received++;
        } catch (error) {
          const { code } = error as { code?: string };
          if (error !== "given up" && code !== "ETIMEDOUT") throw error;
        }
      }
    }
    assertEquals(b.stats.received, COUNT);
  },
);

eachTransport(
  "the rest of the program has its turn while datagrams keep coming",
  async ({ bind }) => {
    using socket = await bind();
    const { localAddr } = socket;
    const datagram = new Uint8Array(1);
    for (
      const receive of [
        () => socket.receive(),
        () => socket.receiveBatch(1e9),
        () => socket.receive({ timeout: 20_000 }),
      ]
    ) {
      let hasTurned = false;
      const timer = setTimeout(() => hasTurned = true);
      let rounds = 0;
      for (; !hasTurned && rounds < 50_000; rounds++) {
        // Always one more than is received.
        await Promise.all([
          socket.sendTo(datagram, localAddr),
          socket.sendTo(datagram, localAddr),
          receive(),
        ]);
      }
      clearTimeout(timer);
      assert(hasTurned, `${rounds} rounds`);
    }
  },
);

/** Lets the event loop go round, so that what has come is taken in. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

eachTransport(
  "a reader that is always slower than the sender keeps memory flat",
  async ({ bind, backend }) => {
    const SIZE = 8192;
    const COUNT = 16_000;
    const KEPT = 64;
    using sender = await bind();
    using reader = await bind({ maxQueuedDatagrams: KEPT });
    const to = reader.localAddr;
    const datagram = new Uint8Array(SIZE);
    const view = new DataView(datagram.buffer);
    const held = () => {
      const { heapUsed, external } = Deno.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let [read, last, least] = [0, -1, Infinity];
    for (let sent = 0; sent < COUNT; sent++) {
      view.setUint32(0, sent);
      await sender.sendTo(datagram, to);
      if (sent % 16 !== 0) continue;
      await aTurn();
      const { data } = await reader.receive();
      const number = new DataView(data.buffer).getUint32(0);
      assert(number > last && data.length === SIZE, `${number} after ${last}`);
      last = number;
      read++;
      // Garbage comes and goes; the least of many looks is what is really held.
      if (sent > COUNT * 0.75) least = Math.min(least, held());
    }
    assert(least - before < COUNT * SIZE / 4, `${least - before} bytes more`);
    // On "deno" what nobody asks for waits, and is dropped, in the kernel.
    if (backend === "node") assert(reader.dropped > COUNT / 2);
    assert(read + reader.dropped <= COUNT);
  },
  "real time",
);
