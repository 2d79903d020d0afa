/**
 * The edges of the queues: full to the byte, long enough to be cut down, left
 * behind by who gave up.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { UdpSocket } from "@berkeley/sockets/udp";
import { UdpCore } from "../../udp/_core.ts";
import { bindNode } from "../../udp/_node_transport.ts";
import { ReceiveCall, Receiver } from "../../udp/_receiver.ts";
import type { RawDatagram } from "../../udp/_transport.ts";
import { Timers } from "../../internal/wait/mod.ts";
import { eachFamily } from "../_each_family.ts";
import { eachTransport, isQueueing } from "./_each_transport.ts";

const PATIENT = { timeout: 20_000 } as const;

eachTransport(
  "a queue takes just as many bytes as it may hold",
  async ({ bind, backend }) => {
    // Elsewhere what nobody asks for waits in the kernel, not with us.
    if (!isQueueing(backend)) return;
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
  "a datagram that no queue can hold is dropped, and the queue is kept",
  async ({ bind, backend }) => {
    if (!isQueueing(backend)) return;
    for (const dropPolicy of ["newest", "oldest"] as const) {
      using a = await bind();
      using b = await bind({ maxQueuedBytes: 30, dropPolicy });
      for (const size of [10, 10, 31, 10]) {
        await a.sendTo(new Uint8Array(size).fill(size), b.localAddr);
      }
      for (let turn = 0; turn < 1000 && b.dropped < 1; turn++) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      for (let i = 0; i < 3; i++) {
        assertEquals((await b.receive(PATIENT)).data.length, 10);
      }
      assertEquals(b.dropped, 1);
    }
  },
);

eachFamily(
  "what waits in a queue holds no more memory than its bytes, over node",
  async ({ loopback: hostname }) => {
    const transport = await bindNode({
      hostname,
      port: 0,
      reuseAddress: false,
      maxDatagramSize: 65_000,
      maxQueuedDatagrams: 10,
      maxQueuedBytes: 1000,
      dropPolicy: "newest",
    });
    const { port } = transport.localAddr;
    const sizes: number[] = [];
    const take = ({ bytes }: RawDatagram) =>
      sizes.push(bytes.buffer.byteLength);
    const receiver = new Receiver(transport, new Timers());
    class Taking extends ReceiveCall<number> {
      override take = take;
    }
    const call = new Taking(receiver);
    receiver.owner = {
      failure: (error) => error as Error,
      error: () => new Error("timed out"),
      accepts: () => true,
    };
    try {
      await transport.send(new Uint8Array(100), hostname, port);
      for (let turn = 0; turn < 1000 && sizes.length === 0; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const queued = transport.receiveNow();
        if (queued !== undefined) take(queued);
      }
      // What a receive that timed out leaves to the next one.
      const { promise: arrived, resolve } = Promise.withResolvers<void>();
      transport.sink = {
        onDatagram: (datagram) => resolve(receiver.onDatagram(datagram)),
        onFailed: (error) => receiver.onFailed(error),
        wants: () => true,
      };
      await receiver.receive({ timeout: 0 }, call).catch(() => {});
      await transport.send(new Uint8Array(200), hostname, port);
      transport.ref(); // nobody else waits for it
      await arrived;
      transport.sink = receiver;
      await receiver.receive(PATIENT, call);
    } finally {
      await transport.close();
    }
    assertEquals(sizes, [100, 200]);
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

eachFamily(
  "receiveBatch() leaves a failure that it meets to the next receive, over node",
  async ({ loopback: hostname }) => {
    const transport = await bindNode({
      ...{ hostname, port: 0, reuseAddress: false, dropPolicy: "newest" },
      ...{ maxDatagramSize: 100, maxQueuedDatagrams: 10, maxQueuedBytes: 1000 },
    });
    const script = [1, 2, new Error("Network is down (os error 100)")];
    transport.receiveNow = () => {
      const next = script.shift();
      if (next instanceof Error) throw next;
      if (next === undefined) return undefined;
      const bytes = Uint8Array.of(next);
      return { bytes, hostname, port: 9, truncated: false };
    };
    using socket = new UdpSocket(new UdpCore(transport));
    const batch = await socket.receiveBatch(8, PATIENT);
    assertEquals(batch.map(({ data }) => data[0]), [1, 2]);
    const error = await assertRejects(
      () => socket.receive(PATIENT),
      SocketError,
    );
    assertEquals([error.code, error.syscall], ["ENETDOWN", "recvfrom"]);
  },
);
