import { assertEquals } from "@std/assert";
import { Random } from "../_random.ts";
import { eachTransport } from "./_each_transport.ts";

/** A million over all transports and families; each has its share. */
const COUNT = 250_000;
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
