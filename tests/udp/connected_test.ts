import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  ClosedError,
  ConnectionRefusedError,
  MessageTooLongError,
  PermissionDeniedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { HAS_LOOPBACK_BROADCAST, hearsBoth } from "../_system.ts";
import {
  bytes,
  eachConnecting,
  eachTransport,
  isConnecting,
  type Setup,
  text,
} from "./_each_transport.ts";

const SOON = { timeout: 20_000 };

eachTransport(
  "a connected socket knows both ends",
  async ({ bind, connect, loopback, backend }) => {
    using peer = await bind();
    using socket = await connect(peer.localAddr);
    assertEquals(socket.remoteAddr, peer.localAddr);
    assertEquals(socket.localAddr.hostname, loopback);
    assertEquals(socket.kernelConnected, isConnecting(backend));
    await socket.send(bytes("hello"));
    const { data, address } = await peer.receive(SOON);
    assertEquals([text(data), address], ["hello", socket.localAddr]);
  },
);

eachTransport(
  "a peer that the system refuses leaves the socket as it was",
  async ({ bind, connect: connectUdp, family, backend }) => {
    using peer = await bind();
    using socket = await bind();
    using connected = await (await bind()).connect(peer.localAddr);
    // Loopback's broadcast address, which none of these sockets may send to.
    const refused = { hostname: "127.255.255.255", port: 9 };
    if (family === 6 || !isConnecting(backend) || !HAS_LOOPBACK_BROADCAST) {
      await assertRejects(() => socket.connect({ ...refused, port: 0 }));
      await assertRejects(() => connected.connect({ ...refused, port: 0 }));
    } else {
      for (
        const connect of [
          () => socket.connect(refused),
          () => connected.connect(refused),
          () => connectUdp({ transport: "udp", ...refused }),
        ]
      ) {
        const error = await assertRejects(connect, PermissionDeniedError);
        assertEquals([error.code, error.syscall], ["EACCES", "connect"]);
      }
    }
    await socket.sendTo(bytes("from socket"), peer.localAddr);
    assertEquals(text((await peer.receive(SOON)).data), "from socket");
    assertEquals(connected.remoteAddr, peer.localAddr);
    await connected.send(bytes("from connected"));
    assertEquals(text((await peer.receive(SOON)).data), "from connected");
  },
);

eachTransport(
  "a closed socket takes no peer and no setting",
  async ({ bind, connect }) => {
    const socket = await bind();
    const connected = await connect(socket.localAddr);
    const { localAddr } = socket;
    socket.close();
    connected.close();
    for (
      const call of [
        () => socket.connect(localAddr),
        () => connected.connect(localAddr),
        () => connected.disconnect(),
        () => socket.setBroadcast(true),
        () => socket.setTtl(1),
        () => socket.setMulticastLoopback(true),
        () => socket.setReceiveBufferSize(1024),
      ]
    ) {
      // deno-lint-ignore require-await
      await assertRejects(async () => call(), ClosedError);
    }
  },
);

eachTransport(
  "datagrams of strangers are never delivered",
  async ({ bind, connect, backend }) => {
    using peer = await bind();
    using stranger = await bind();
    using socket = await connect(peer.localAddr);
    for (let i = 0; i < 5; i++) {
      await stranger.sendTo(
        bytes("spoof"),
        socket.localAddr,
      );
    }
    await peer.sendTo(bytes("mine"), socket.localAddr);
    assertEquals(text((await socket.receive(SOON)).data), "mine");
    for (let i = 0; i < 5; i++) {
      await stranger.sendTo(
        bytes("spoof"),
        socket.localAddr,
      );
    }
    await peer.sendTo(bytes("batch"), socket.localAddr);
    const batch = await socket.receiveBatch(10, SOON);
    assertEquals(batch.map(({ data }) => text(data)), ["batch"]);
    // The kernel drops them before anybody can count.
    assertEquals(socket.stats.strangers, isConnecting(backend) ? 0 : 10);
  },
);

eachTransport(
  "strangers take no room in the queue of the library",
  async ({ bind, connect }) => {
    using peer = await bind();
    using stranger = await bind();
    using socket = await connect(peer.localAddr, { maxQueuedDatagrams: 4 });
    for (let i = 0; i < 20; i++) {
      await stranger.sendTo(bytes("spoof"), socket.localAddr);
    }
    await peer.sendTo(bytes("mine"), socket.localAddr);
    // What "node" takes in by itself, and the others when they are asked to.
    for (let turn = 0; turn < 500 && socket.stats.strangers < 20; turn++) {
      if (socket.backend !== "node") break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals(text((await socket.receive(SOON)).data), "mine");
    assertEquals(socket.dropped, 0);
  },
);

eachTransport(
  "connect() takes another peer, and disconnect() any",
  async ({ bind, connect }) => {
    using first = await bind();
    using second = await bind();
    const socket = await connect(first.localAddr);
    const { port } = socket.localAddr;
    await socket.connect(second.localAddr);
    assertEquals(socket.remoteAddr, second.localAddr);
    await first.sendTo(bytes("old"), socket.localAddr);
    await second.sendTo(bytes("new"), socket.localAddr);
    assertEquals(text((await socket.receive(SOON)).data), "new");
    using open = socket.disconnect();
    assert(socket.isClosed);
    await assertRejects(() => socket.send(bytes("x")), ClosedError);
    assertEquals(open.localAddr.port, port);
    await first.sendTo(bytes("anybody"), open.localAddr);
    assertEquals(text((await open.receive(SOON)).data), "anybody");
    using again = await open.connect(first.localAddr);
    assert(open.isClosed);
    assertEquals(again.remoteAddr, first.localAddr);
    await again.send(bytes("back"));
    assertEquals(text((await first.receive(SOON)).data), "back");
  },
);

eachTransport(
  "connectUdp() from an IPv4 address to an IPv6 peer rejects",
  async ({ connect }) => {
    const address = { transport: "udp", hostname: "::1", port: 9 } as const;
    const error = await assertRejects(
      () => connect(address, { localAddress: "127.0.0.1" }),
      SocketError,
      "127.0.0.1",
    );
    assertEquals([error.code, error.syscall], ["EAFNOSUPPORT", "connect"]);
  },
);

eachTransport(
  "a dual-stack socket takes peers of both families in turn",
  async ({ bind, family, loopback, backend }) => {
    if (family === 4 || !hearsBoth(backend)) return;
    using six = await bind();
    using four = await bind({ hostname: "127.0.0.1" });
    using socket = await (await bind({ hostname: "::" }))
      .connect(four.localAddr);
    for (const peer of [four, six, four, six]) {
      await socket.connect(peer.localAddr);
      assertEquals(socket.remoteAddr, peer.localAddr);
      await socket.send(bytes("ping"));
      const { data, address } = await peer.receive(SOON);
      await peer.sendTo(data, address);
      assertEquals(text((await socket.receive(SOON)).data), "ping");
    }
    await socket.connect(four.localAddr);
    await socket.connect({ hostname: "localhost", port: six.localAddr.port });
    assertEquals(socket.remoteAddr.hostname, loopback);
    await socket.connect(four.localAddr);
    await socket.joinMulticast("ff02::4242");
    await assertRejects(() => socket.joinMulticast("239.255.42.99"), TypeError);
    using open = socket.disconnect();
    await open.sendTo(bytes("open"), six.localAddr);
    assertEquals(text((await six.receive(SOON)).data), "open");
  },
);

eachTransport(
  "connectUdp() takes an IPv4-mapped address for the IPv4 address that it is",
  async ({ bind, connect, family, backend }) => {
    if (family === 6 || !hearsBoth(backend)) return;
    for (const hostname of ["::ffff:127.0.0.1", "::ffff:0.0.0.0", "0.0.0.0"]) {
      using peer = await bind();
      const address = { ...peer.localAddr, hostname };
      using v4 = await bind();
      using dual = await bind({ hostname: "::" });
      for (
        const opening of [
          () => connect(address),
          () => connect(address, { localAddress: "127.0.0.1" }),
          () => connect(address, { localAddress: "::" }),
          () => connect(address, { family: 4 }),
          () => connect(address, { family: 6 }),
          () => v4.connect(address),
          () => dual.connect(address),
          async () => {
            const socket = await connect({ ...address, port: 9 });
            await socket.connect(address);
            return socket;
          },
        ]
      ) {
        const isText4 = !hostname.includes(":");
        if (isText4 && String(opening).includes("family: 6")) continue;
        using socket = await opening();
        assertEquals(socket.remoteAddr, peer.localAddr);
        await socket.send(bytes("ping"));
        const { data, address: from } = await peer.receive(SOON);
        await peer.sendTo(data, from);
        assertEquals(text((await socket.receive(SOON)).data), "ping");
      }
      // Any address is this host in sendTo(), too.
      using open = await bind();
      await open.sendTo(bytes("to"), address);
      assertEquals(text((await peer.receive(SOON)).data), "to");
    }
  },
);

eachTransport("sendMany() sends to the peer", async ({ bind, connect }) => {
  using peer = await bind();
  using socket = await connect(peer.localAddr);
  assertEquals(await socket.sendMany([bytes("a"), bytes(""), bytes("c")]), 3);
  for (const expected of ["a", "", "c"]) {
    assertEquals(text((await peer.receive(SOON)).data), expected);
  }
  await assertRejects(
    () => socket.send(new Uint8Array(70_000)),
    MessageTooLongError,
  );
});

eachTransport(
  "connectUdp() binds where it is told",
  async ({ bind, connect, loopback }) => {
    using peer = await bind();
    const free = await bind();
    free.close();
    const localPort = free.localAddr.port;
    using socket = await connect(peer.localAddr, {
      localAddress: loopback,
      localPort,
    });
    assertEquals(socket.localAddr.port, localPort);
  },
);

eachTransport(
  "exchange() asks again until the answer matches",
  async ({ bind, connect }) => {
    using server = await bind();
    using socket = await connect(server.localAddr);
    let asked = 0;
    const serving = (async () => {
      for await (const { data, address } of server) {
        if (++asked < 3) continue; // lost on the way
        const answers = ["for another question", `answer to ${text(data)}`];
        await server.sendMany(
          answers.map((answer) => ({ data: bytes(answer), address })),
        ).catch((error) => assertInstanceOf(error, ClosedError));
      }
    })();
    const answer = await socket.exchange(bytes("question"), {
      match: (data) => text(data).startsWith("answer"),
      timeout: 20,
      attempts: 20,
      backoff: 1,
    });
    assertEquals(text(answer.data), "answer to question");
    assert(asked >= 3);
    server.close();
    await serving;
  },
);

eachTransport(
  "exchange() looks at one more datagram when its time is up",
  async ({ bind, connect }) => {
    using server = await bind();
    using socket = await connect(server.localAddr);
    for (let i = 0; i < 3; i++) {
      await server.sendTo(bytes("no answer"), socket.localAddr);
    }
    let looks = 0;
    await assertRejects(
      () =>
        socket.exchange(bytes("?"), {
          timeout: 0,
          attempts: 1,
          match() {
            looks++;
            return false;
          },
        }),
      TimedOutError,
    );
    assert(looks <= 1, `${looks}`); // others might come without end
  },
);

eachTransport(
  "exchange() gives up after its attempts, or when aborted",
  async ({ bind, connect }) => {
    using server = await bind();
    using socket = await connect(server.localAddr);
    await assertRejects(
      () => socket.exchange(bytes("?"), { timeout: 5, attempts: 3 }),
      TimedOutError,
    );
    assertEquals(socket.stats.sent, 3);
    const giveUp = new AbortController();
    const asking = socket.exchange(bytes("?"), { signal: giveUp.signal });
    giveUp.abort("enough");
    await asking.then(
      () => assert(false),
      (why) => assertEquals(why, "enough"),
    );
    await assertRejects(
      () => socket.exchange(bytes("?"), { attempts: 0 }),
      RangeError,
    );
    await assertRejects(
      () => socket.exchange(bytes("?"), { backoff: 0.5 }),
      RangeError,
    );
    await assertRejects(
      () => socket.exchange(bytes("?"), { timeout: -1 }),
      RangeError,
    );
  },
);

/** A port that nobody is bound to any more. */
async function refusingPort({ bind }: Setup): Promise<Deno.NetAddr> {
  await using gone = await bind();
  return gone.localAddr;
}

eachConnecting("a refused port rejects a pending receive", async (setup) => {
  using socket = await setup.connect(await refusingPort(setup));
  const pending = assertRejects(
    () => socket.receive(SOON),
    ConnectionRefusedError,
    "ECONNREFUSED",
  );
  await socket.send(bytes("anybody?"));
  await pending;
  await socket.send(bytes("again")); // the kernel has told it once
  await assertRejects(() => socket.receive(SOON), ConnectionRefusedError);
});

eachConnecting("a refused port rejects the next send", async (setup) => {
  using socket = await setup.connect(await refusingPort(setup));
  await socket.send(bytes("anybody?"));
  const error = await assertRejects(async () => {
    for (let i = 0; i < 1000; i++) await socket.send(bytes("again"));
  }, ConnectionRefusedError);
  assertEquals(error.remoteAddr, socket.remoteAddr);
});

eachConnecting("a refused port rejects a batch", async (setup) => {
  using socket = await setup.connect(await refusingPort(setup));
  await assertRejects(async () => {
    for (let i = 0; i < 1000; i++) await socket.sendMany([bytes("a")]);
  }, ConnectionRefusedError);
});

eachConnecting(
  "exchange() tells of a peer that refuses to the end",
  async (setup) => {
    using socket = await setup.connect(await refusingPort(setup));
    await assertRejects(
      () => socket.exchange(bytes("?"), { timeout: 1, attempts: 3 }),
      ConnectionRefusedError,
    );
  },
);

eachConnecting(
  "exchange() tells of a peer that refuses where it would wait for ever",
  async (setup) => {
    using socket = await setup.connect(await refusingPort(setup));
    await assertRejects(
      () => socket.exchange(bytes("?"), { timeout: Infinity }),
      ConnectionRefusedError,
    );
  },
);

eachConnecting("the kernel tells the address of the route", async (setup) => {
  using peer = await setup.bind();
  using any = await setup.bind({ hostname: setup.any });
  assertEquals(any.localAddr.hostname, setup.any);
  const { port } = any.localAddr;
  using socket = await any.connect(peer.localAddr);
  assertEquals(socket.localAddr.hostname, setup.loopback);
  using open = socket.disconnect();
  assertEquals(open.localAddr.port, port);
  assertEquals(open.localAddr.hostname, setup.any);
});

eachConnecting(
  "exchange() takes an answer that comes after a refusal",
  async ({ bind, connect }) => {
    const former = await bind();
    const { port } = former.localAddr;
    using client = await connect(former.localAddr);
    await former[Symbol.asyncDispose]();
    const asking = client.exchange(bytes("?"), { timeout: 20_000 });
    while (client.stats.sent === 0) await new Promise((r) => setTimeout(r));
    using peer = await bind({ port });
    await peer.sendTo(bytes("!"), client.localAddr);
    assertEquals(text((await asking).data), "!");
    assertEquals(client.stats.sent, 1);
  },
);
