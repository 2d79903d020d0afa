import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ConnectionRefusedError,
  MessageTooLongError,
  SocketError,
  TimedOutError,
  WouldBlockError,
} from "@berkeley/sockets/errors";
import {
  AF_INET6,
  MessageBatch,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  SOCK_DGRAM,
  socket,
} from "../../posix/mod.ts";
import {
  bytes,
  eachPosixFamily,
  NEVER,
  posixTest,
  SOON,
  text,
} from "./_setup.ts";

eachPosixFamily(
  "datagrams keep their bounds and their sender",
  async (setup) => {
    using a = setup.bind();
    using b = setup.bind();
    const to = b.getSockName();
    for (const sent of ["one", "", "three"]) await a.sendTo(bytes(sent), to);
    const buffer = new Uint8Array(64);
    for (const expected of ["one", "", "three"]) {
      const { length, address, truncated } = await b.recvFrom(buffer, SOON);
      assertEquals(text(buffer, length), expected);
      assertEquals([address, truncated], [a.getSockName(), false]);
    }
  },
);

eachPosixFamily(
  "a datagram longer than the buffer is marked",
  async (setup) => {
    using a = setup.bind();
    using b = setup.bind();
    const buffer = new Uint8Array(4);
    await a.sendTo(bytes("too long"), b.getSockName());
    const peeked = await b.recvFrom(buffer, { flags: MSG_PEEK, ...SOON });
    assertEquals([peeked.length, peeked.truncated], [4, true]);
    const flags = MSG_TRUNC | MSG_PEEK;
    assertEquals((await b.recvFrom(buffer, { flags })).length, 8);
    const { length, truncated } = await b.recvFrom(buffer);
    assertEquals([text(buffer, length), truncated], ["too ", true]);
  },
);

eachPosixFamily("a connected socket hears its peer alone", async (setup) => {
  using peer = setup.bind();
  using other = setup.bind();
  using stranger = setup.bind();
  using mine = setup.bind();
  await mine.connect(peer.getSockName());
  assertEquals(mine.getPeerName(), peer.getSockName());
  await stranger.sendTo(bytes("spoof"), mine.getSockName());
  await peer.sendTo(bytes("mine"), mine.getSockName());
  const buffer = new Uint8Array(16);
  assertEquals(text(buffer, await mine.recv(buffer, SOON)), "mine");
  await assertRejects(() => mine.recv(buffer, NEVER), TimedOutError);

  await mine.connect(other.getSockName());
  await mine.send(bytes("to another"));
  assertEquals(text(buffer, await other.recv(buffer, SOON)), "to another");

  mine.disconnect();
  assertThrows(() => mine.getPeerName(), SocketError, "ENOTCONN");
  await assertRejects(() => mine.send(bytes("x")), SocketError, "EDESTADDRREQ");
});

eachPosixFamily("a port that refuses rejects what waits", async (setup) => {
  const gone = setup.bind();
  const name = gone.getSockName();
  gone.close();
  using mine = setup.bind();
  await mine.connect(name);
  const pending = assertRejects(
    () => mine.recv(new Uint8Array(1), SOON),
    ConnectionRefusedError,
  );
  await mine.send(bytes("?"));
  await pending;
  await mine.send(bytes("?"));
  await assertRejects(async () => {
    for (let i = 0; i < 100; i++) await mine.send(bytes("?"));
  }, ConnectionRefusedError);
});

eachPosixFamily("what cannot be sent is refused", async (setup) => {
  using a = setup.bind();
  const to = a.getSockName();
  const huge = new Uint8Array(70_000);
  await assertRejects(() => a.sendTo(huge, to), MessageTooLongError);
  for (
    const bad of [
      { hostname: "localhost", port: 9 },
      { hostname: "1.2.3", port: 9 },
      { path: "/tmp/x" },
      null,
    ]
  ) {
    await assertRejects(() => a.sendTo(bytes("x"), bad as never), TypeError);
  }
  for (const port of [-1, 65_536, 1.5]) {
    const name = { hostname: setup.loopback, port };
    await assertRejects(() => a.sendTo(bytes("x"), name), RangeError);
  }
  if (setup.family === 4) {
    await assertRejects(
      () => a.sendTo(bytes("x"), { hostname: "::1", port: 9 }),
      TypeError,
    );
    await assertRejects(
      () => a.sendTo(bytes("x"), { hostname: "127.255.255.255", port: 9 }),
      SocketError,
      "EACCES",
    );
  }
});

eachPosixFamily(
  "a batch goes to several, and comes from several",
  async (setup) => {
    using hub = setup.bind();
    using x = setup.bind();
    using y = setup.bind();
    const batch = new MessageBatch({ capacity: 100, size: 32 });
    for (let i = 0; i < 100; i++) {
      assert(hub.addTo(batch, bytes(`n${i}`), (i % 2 ? x : y).getSockName()));
    }
    assert(!hub.addTo(batch, bytes("full"), x.getSockName()));
    assertEquals(batch.address(1), x.getSockName());
    assertEquals(await hub.sendMany(batch), 100);

    const received = new MessageBatch({ capacity: 64, size: 32 });
    for (const [socket, first] of [[y, 0], [x, 1]] as const) {
      const got: string[] = [];
      while (got.length < 50) {
        const count = await socket.recvMany(received, SOON);
        assertEquals(count, received.length);
        for (let i = 0; i < count; i++) {
          got.push(text(received.data(i)));
          assertEquals(received.address(i), hub.getSockName());
          assert(!received.isTruncated(i));
        }
      }
      assertEquals(
        got,
        Array.from({ length: 50 }, (_, i) => `n${2 * i + first}`),
      );
    }
    assertEquals(x.recvManyNow(received), undefined);
    await assertRejects(
      () => x.recvMany(received, { flags: MSG_DONTWAIT }),
      WouldBlockError,
    );
  },
);

eachPosixFamily(
  "a batch marks what was too long, and bears empty ones",
  async (setup) => {
    using a = setup.bind();
    using b = setup.bind();
    await a.connect(b.getSockName());
    const out = new MessageBatch({ capacity: 3, size: 16 });
    for (const sent of ["longer than 8", "", "short"]) out.push(bytes(sent));
    assertThrows(() => out.push(new Uint8Array(17)), RangeError);
    assertEquals(await a.sendMany(out), 3);
    const batch = new MessageBatch({ capacity: 8, size: 8 });
    const got: [string, boolean][] = [];
    while (got.length < 3) {
      const count = await b.recvMany(batch, SOON);
      for (let i = 0; i < count; i++) {
        got.push([text(batch.data(i)), batch.isTruncated(i)]);
      }
    }
    assertEquals(got, [["longer t", true], ["", false], ["short", false]]);
    assertThrows(() => batch.data(8), RangeError);
    out.clear();
    assertEquals(out.length, 0);
  },
);

eachPosixFamily(
  "a large batch waits for room and loses nothing",
  async (setup) => {
    using a = setup.bind();
    using b = setup.bind();
    b.setSockOpt("SO_RCVBUF", 4 << 20);
    const batch = new MessageBatch({ capacity: 32, size: 1024 });
    const received = new MessageBatch({ capacity: 64, size: 1024 });
    let next = 0;
    let sum = 0;
    for (let round = 0; round < 40; round++) {
      batch.clear();
      for (let i = 0; i < 32; i++) {
        const data = new Uint8Array(1024).fill(round);
        a.addTo(batch, data, b.getSockName());
      }
      await a.sendMany(batch);
      for (let got = 0; got < 32;) {
        const count = await b.recvMany(received, SOON);
        for (let i = 0; i < count; i++) sum += received.data(i)[1023]!;
        got += count;
      }
      next += 32 * round;
    }
    assertEquals(sum, next);
  },
);

posixTest(
  "an IPv6 socket on :: takes IPv4, too, unless IPV6_V6ONLY",
  async () => {
    using dual = socket(AF_INET6, SOCK_DGRAM);
    dual.setSockOpt("IPV6_V6ONLY", false);
    dual.bind({ hostname: "::", port: 0 });
    const { port } = dual.getSockName() as { port: number };
    using four = socket(2, SOCK_DGRAM);
    four.bind({ hostname: "127.0.0.1", port: 0 });
    await four.sendTo(bytes("hi"), { hostname: "127.0.0.1", port });
    const buffer = new Uint8Array(8);
    const { address } = await dual.recvFrom(buffer, SOON);
    assertEquals(address, four.getSockName());
    await dual.sendTo(bytes("back"), address);
    assertEquals(text(buffer, await four.recv(buffer, SOON)), "back");

    using six = socket(AF_INET6, SOCK_DGRAM);
    six.setSockOpt("IPV6_V6ONLY", true);
    six.bind({ hostname: "::", port: 0 });
    using other = socket(2, SOCK_DGRAM); // the same port is free for IPv4
    other.bind({
      hostname: "0.0.0.0",
      port: (six.getSockName() as { port: number }).port,
    });
  },
);

Deno.test("batches refuse sizes that make no sense", () => {
  for (
    const options of [{ capacity: 0 }, { capacity: 1025 }, { size: 0 }, {
      size: 70_000,
    }, { size: 1.5 }]
  ) {
    assertThrows(() => new MessageBatch(options), RangeError);
  }
});
