/**
 * The edges of the queues: full to the byte, long enough to be cut down, left
 * behind by who gave up.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { eachTransport } from "./_each_transport.ts";

const PATIENT = { timeout: 20_000 } as const;

eachTransport(
  "a queue takes just as many bytes as it may hold",
  async ({ bind, backend }) => {
    // Elsewhere what nobody asks for waits in the kernel, not with us.
    if (backend !== "node") return;
    using a = await bind();
    using b = await bind({ maxQueuedBytes: 30 });
    for (let i = 0; i < 5; i++) {
      await a.sendTo(new Uint8Array(10).fill(i), b.localAddr);
    }
    for (let turn = 0; turn < 1000 && b.dropped < 2; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals(b.dropped, 2);
    const got: number[] = [];
    for (let i = 0; i < 3; i++) got.push((await b.receive(PATIENT)).data[0]!);
    assertEquals(got, [0, 1, 2]);
  },
);

eachTransport(
  "a batch that found less than it has room for takes nothing of later receives",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    for (let i = 0; i < 20; i++) {
      await a.sendTo(new Uint8Array([i]), b.localAddr);
      const batch = await b.receiveBatch(8, PATIENT);
      assertEquals(batch.map(({ data }) => data[0]), [i]);
      await a.sendTo(new Uint8Array([100 + i]), b.localAddr);
      const { data } = await b.receive(PATIENT);
      assertEquals(data[0], 100 + i);
      assertEquals(batch.length, 1);
    }
  },
);

eachTransport(
  "of thousands of sends at a time each is settled",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    const sends = Array.from(
      { length: 4000 },
      (_, i) => a.sendTo(new Uint8Array(i % 7), b.localAddr),
    );
    assertEquals(await Promise.all(sends), sends.map((_, i) => i % 7));
    assertEquals(a.stats.sent, sends.length);
  },
);
