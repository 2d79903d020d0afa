/** What is under way when a socket takes a peer, or another one. */
import { assertEquals, assertRejects } from "@std/assert";
import type { UdpEndpoint, UdpSocket } from "@berkeley/sockets/udp";
import { bytes, eachTransport, text } from "./_each_transport.ts";

const SOON = { timeout: 20_000 };

/**
 * Has a datagram of the sender come for a receive that was given up, so that the
 * library keeps it: what is sent to oneself afterwards has come after it.
 */
async function haveKept(
  socket: UdpEndpoint,
  sender: UdpSocket,
): Promise<void> {
  const giveUp = new AbortController();
  const receiving = socket.receive({ signal: giveUp.signal });
  giveUp.abort("given up");
  await receiving.catch(() => {});
  await sender.sendTo(bytes("kept"), socket.localAddr);
  await sender.sendTo(bytes("later"), sender.localAddr);
  await sender.receive(SOON);
}

eachTransport(
  "what a stranger sent before there was a peer is not delivered",
  async ({ bind }) => {
    using stranger = await bind();
    using peer = await bind();
    const open = await bind();
    await haveKept(open, stranger);
    using socket = await open.connect(peer.localAddr);
    await peer.sendTo(bytes("mine"), socket.localAddr);
    assertEquals(text((await socket.receive(SOON)).data), "mine");
    assertEquals(socket.stats.received, 1);
  },
);

eachTransport(
  "what the former peer sent is not delivered",
  async ({ bind, connect }) => {
    using former = await bind();
    using peer = await bind();
    using socket = await connect(former.localAddr);
    await haveKept(socket, former);
    await socket.connect(peer.localAddr);
    await peer.sendTo(bytes("mine"), socket.localAddr);
    assertEquals(text((await socket.receive(SOON)).data), "mine");
  },
);

eachTransport(
  "what the peer sent is there without a peer, too",
  async ({ bind, connect }) => {
    using peer = await bind();
    const socket = await connect(peer.localAddr);
    await haveKept(socket, peer);
    using open = socket.disconnect();
    assertEquals(text((await open.receive(SOON)).data), "kept");
  },
);

eachTransport(
  "receives that wait are served by the new peer, in order",
  async ({ bind, connect }) => {
    using former = await bind();
    using peer = await bind();
    using socket = await connect(former.localAddr);
    const buffer = new Uint8Array(1);
    const receiving = Promise.all([
      socket.receive().then(({ data }) => text(data)),
      socket.receiveInto(buffer).then(() => text(buffer)),
      socket.receive(SOON).then(({ data }) => text(data)),
    ]);
    await socket.connect(peer.localAddr);
    for (const name of ["a", "b", "c"]) {
      await former.sendTo(bytes("x"), socket.localAddr);
      await peer.sendTo(bytes(name), socket.localAddr);
    }
    assertEquals(await receiving, ["a", "b", "c"]);
  },
);

eachTransport(
  "what was to be sent goes to whom it was meant for",
  async ({ bind }) => {
    using first = await bind();
    using second = await bind();
    const open = await bind();
    const COUNT = 40;
    const each = (byte: number) =>
      Array.from({ length: COUNT }, () => Uint8Array.of(byte));
    const early = each(1).map((data) => open.sendTo(data, first.localAddr));
    using socket = await open.connect(first.localAddr);
    const late = each(2).map((data) => socket.send(data));
    const many = socket.sendMany(each(3));
    await socket.connect(second.localAddr);
    await socket.send(Uint8Array.of(4));
    await Promise.all([...early, ...late, many]);
    for (const byte of [1, 2, 3]) {
      for (let i = 0; i < COUNT; i++) {
        assertEquals((await first.receive(SOON)).data, Uint8Array.of(byte));
      }
    }
    assertEquals((await second.receive(SOON)).data, Uint8Array.of(4));
  },
);

eachTransport(
  "a peer of any address is this host, as it is in C",
  async ({ bind, connect, loopback, any }) => {
    using server = await bind({ hostname: any });
    using client = await connect(server.localAddr);
    using changed = await (await bind()).connect(server.localAddr);
    using again = await connect({ ...server.localAddr, port: 9 });
    await again.connect(server.localAddr);
    for (const socket of [client, changed, again]) {
      assertEquals(socket.remoteAddr.hostname, loopback);
      await socket.send(bytes("ping"));
      const { data, address } = await server.receive(SOON);
      await server.sendTo(data, address);
      assertEquals(text((await socket.receive(SOON)).data), "ping");
    }
  },
);

eachTransport(
  "connect() with a bad wait leaves the socket as it was",
  async ({ bind, connect }) => {
    using peer = await bind();
    using open = await bind();
    using socket = await connect(peer.localAddr);
    const other = { ...peer.localAddr, port: 9 };
    for (const either of [open, socket]) {
      await assertRejects(
        () => either.connect(other, { timeout: -1 }),
        RangeError,
      );
      const why = await either.connect(other, {
        signal: AbortSignal.abort("no"),
      }).catch((why) => why);
      assertEquals(why, "no");
      assertEquals(either.isClosed, false);
    }
    assertEquals(socket.remoteAddr, peer.localAddr);
  },
);
