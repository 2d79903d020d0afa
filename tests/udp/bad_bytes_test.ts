/** Bytes that are none, or are none any more. */
import { IS_DENO } from "../_runtime.ts";
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ClosedError,
  MessageTooLongError,
  SocketError,
} from "@berkeley/sockets/errors";
import { eachTransport } from "./_each_transport.ts";

const SOON = { timeout: 20_000 };

function transferred(): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes.buffer.transfer();
  return bytes;
}

const BAD: readonly unknown[] = [
  [1, 2],
  new DataView(new ArrayBuffer(2)),
  new ArrayBuffer(2),
  new Uint16Array(2),
  { length: 2 },
  5,
  null,
  undefined,
  transferred(),
];

eachTransport(
  "what are no bytes is neither sent nor received into",
  async ({ bind, connect }) => {
    using a = await bind();
    using socket = await bind();
    using connected = await connect(a.localAddr);
    const address = a.localAddr;
    const good = new Uint8Array(1);
    for (const bad of BAD as Uint8Array[]) {
      for (
        const call of [
          () => socket.sendTo(bad, address),
          () => connected.send(bad),
          () => socket.receiveInto(bad),
          () => connected.sendMany([good, bad, good]),
          () => socket.sendMany([{ data: bad, address }]),
        ]
      ) await assertRejects(call, TypeError);
      await a.receive(SOON); // what was in front of the bad one
    }
    const none = null as unknown as [];
    await assertRejects(() => connected.sendMany(none), TypeError);
    await assertRejects(() => socket.sendMany(none), TypeError);
    await socket.sendTo(new Uint8Array(2), address);
    assertEquals((await a.receive(SOON)).data.length, 2);
  },
);

eachTransport(
  "bytes that are transferred while they wait to be sent harm nobody else",
  async ({ bind }) => {
    using a = await bind();
    using socket = await bind();
    const [early, late] = [new Uint8Array(4), new Uint8Array(4)];
    const sends = Promise.allSettled([
      socket.sendTo(early, a.localAddr),
      socket.sendTo(late, a.localAddr),
      socket.sendTo(new Uint8Array(3), a.localAddr),
    ]);
    early.buffer.transfer();
    late.buffer.transfer();
    const results = await sends;
    assertEquals(results[2], { status: "fulfilled", value: 3 });
    while ((await a.receive(SOON)).data.length !== 3);
  },
);

eachTransport(
  "a Buffer that changes or is transferred during sendTo() harms nobody",
  async ({ bind, connect, backend }) => {
    using a = await bind();
    using socket = await bind();
    using connected = await connect(a.localAddr);
    for (
      const send of [
        (bytes: Uint8Array) => socket.sendTo(bytes, a.localAddr),
        (bytes: Uint8Array) => connected.send(bytes),
        (bytes: Uint8Array) =>
          socket.sendMany([{ data: bytes, address: a.localAddr }]),
        (bytes: Uint8Array) => connected.sendMany([bytes]),
      ]
    ) {
      const changed = Buffer.from([1, 1, 1]);
      const sending = send(changed);
      changed.fill(9);
      await sending;
      const [byte] = (await a.receive(SOON)).data;
      // The others may read the bytes until the call resolves, as documented.
      const copies = backend === "node" && IS_DENO;
      assert(byte === 1 || byte === 9 && !copies, `${byte}`);

      // Of memory of its own, which can be transferred away.
      const transferred = Buffer.from(new ArrayBuffer(3)).fill(4);
      const sendingToo = send(transferred);
      transferred.buffer.transfer();
      const [{ status }] = await Promise.allSettled([sendingToo]);
      assert(status === "fulfilled" || !copies);
      await send(Uint8Array.of(5));
      let data: Uint8Array;
      do data = (await a.receive(SOON)).data; while (data[0] !== 5);
    }
  },
);

eachTransport("nothing is sent to port 0", async ({ bind, loopback }) => {
  using socket = await bind();
  const address = { hostname: loopback, port: 0 };
  const data = new Uint8Array(1);
  for (let i = 0; i < 2; i++) { // the address is remembered
    await assertRejects(() => socket.sendTo(data, address), RangeError);
    await assertRejects(() => socket.sendMany([{ data, address }]), RangeError);
    await socket.sendTo(data, socket.localAddr);
  }
});

eachTransport(
  "a batch with a bad one tells what was sent in front of it",
  async ({ bind, backend, family }) => {
    using a = await bind();
    using socket = await bind();
    const good = { data: new Uint8Array(1), address: a.localAddr };
    const large = { data: new Uint8Array(70_000), address: a.localAddr };
    // What the kernel refuses: broadcast, and an address that there is not.
    const hostname = family === 4
      ? "127.255.255.255"
      : "::ffff:127.255.255.255";
    const refused = { data: new Uint8Array(1), address: { hostname, port: 9 } };
    for (const bad of backend === "deno" ? [large] : [large, refused]) {
      const before = socket.stats.sent;
      const batch = [good, good, bad, good];
      const error = await assertRejects(
        () => socket.sendMany(batch),
        bad === large ? MessageTooLongError : SocketError,
      );
      assertEquals(error instanceof ClosedError, false);
      assertEquals(socket.stats.sent - before, 2);
    }
    assertEquals(await socket.sendMany([]), 0);
    socket.close();
    await assertRejects(() => socket.sendMany([]), ClosedError);
    await assertRejects(() => socket.sendMany([good]), ClosedError);
  },
);

eachTransport(
  "too many sends that nobody awaits are refused, and the rest are sent",
  async ({ bind }) => {
    using a = await bind();
    using socket = await bind();
    const data = new Uint8Array(1);
    const COUNT = 65_536;
    const sends = Array.from(
      { length: COUNT + 10 },
      () => socket.sendTo(data, a.localAddr),
    );
    const results = await Promise.allSettled(sends);
    const refused = results.filter(({ status }) => status === "rejected");
    // One is on its way, as many wait as may; Node does not begin it at once.
    assert(refused.length === 9 || !IS_DENO && refused.length === 10);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      assertEquals((reason as SocketError).code, "ENOBUFS");
    }
    assertEquals(socket.stats.sent, COUNT + 10 - refused.length);
    assertEquals(await socket.sendTo(data, a.localAddr), 1);
  },
);

eachTransport(
  "text is sent as UTF-8, and its limits count bytes",
  async ({ bind, connect }) => {
    using server = await bind();
    using socket = await bind();
    using client = await connect(server.localAddr);
    const texts = ["", "ascii", "ä€𝄞", "lone \ud834"];
    const to = server.localAddr;
    for (const text of texts) {
      const expected = new TextEncoder().encode(text);
      for (
        const send of [() => socket.sendTo(text, to), () => client.send(text)]
      ) {
        assertEquals(await send(), expected.length);
        assertEquals((await server.receive(SOON)).data, expected);
      }
    }
    const large = "€".repeat(22_000);
    await assertRejects(() => socket.sendTo(large, to), MessageTooLongError);
    await assertRejects(() => client.send(large), MessageTooLongError);

    const answering = server.receive(SOON).then(({ data, address }) =>
      server.sendTo(data, address)
    );
    const { data } = await client.exchange("ä?", SOON);
    assertEquals(new TextDecoder().decode(data), "ä?");
    await answering;

    const text = "text" as unknown as Uint8Array;
    await assertRejects(() => client.sendMany([text]), TypeError);
    await assertRejects(() => client.receiveInto(text), TypeError);
  },
);
