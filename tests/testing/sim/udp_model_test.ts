/** Simulated UDP sockets behave as those of Linux. */
import {
  AddressInUseError,
  AddressNotAvailableError,
  ClosedError,
  ConnectionRefusedError,
  MessageTooLongError,
  PermissionDeniedError,
  SocketError,
} from "@berkeley/sockets/errors";
import type { Datagram, UdpEndpoint } from "@berkeley/sockets/udp";
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { runUdp, type UdpHost, type UdpNet } from "./_udp_net.ts";

/** Registers a test with two hosts. */
function test(
  name: string,
  body: (a: UdpHost, b: UdpHost, net: UdpNet) => Promise<void>,
): void {
  Deno.test({
    name,
    permissions: "none",
    fn: () => runUdp((net) => body(net.host("a"), net.host("b"), net)),
  });
}

/** What a receive finds at once. */
function receiveNow(socket: UdpEndpoint): Promise<Datagram> {
  const controller = new AbortController();
  const receiving = socket.receive({ signal: controller.signal });
  controller.abort("nothing");
  return receiving;
}

/** The texts that have arrived. */
async function texts(socket: UdpEndpoint): Promise<string[]> {
  const all: string[] = [];
  try {
    for (;;) {
      const { data } = await receiveNow(socket);
      all.push(new TextDecoder().decode(data));
    }
  } catch (error) {
    assertEquals(error, "nothing");
    return all;
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return error instanceof SocketError ? error.code : `${error}`;
  }
}

test(
  "a datagram crosses the link, in virtual time, over both families",
  async (a, b, net) => {
    for (const hostname of [b.v4, b.v6]) {
      using server = await b.bind({ hostname });
      using client = await a.connect(server.localAddr);
      const begin = net.scheduler.now;
      await client.send("ping");
      const { data, address } = await server.receive();
      assertEquals(new TextDecoder().decode(data), "ping");
      assertEquals(address, client.localAddr);
      assertEquals(address.hostname, hostname === b.v4 ? a.v4 : a.v6);
      assertEquals(net.scheduler.now - begin, 0.5);
      assertEquals([client.backend, client.kernelConnected], [
        "simulated",
        true,
      ]);
    }
  },
);

test(
  "a send takes time, so that a loop of sends moves the clock",
  async (a, b, net) => {
    using socket = await a.bind();
    const begin = net.scheduler.now;
    for (let i = 0; i < 10; i++) {
      await socket.sendTo("x", { hostname: b.v4, port: 9 });
    }
    assertEquals((net.scheduler.now - begin).toFixed(6), "0.010000");
    const many = Array.from({ length: 10 }, () => ({
      data: new Uint8Array(1),
      address: { hostname: b.v4, port: 9 },
    }));
    assertEquals(await socket.sendMany(many), 10);
    assertEquals((net.scheduler.now - begin).toFixed(6), "0.020000");
  },
);

const TWICE: readonly {
  first: string;
  second: string;
  options?: [first: boolean, second: boolean];
  code: string;
}[] = [
  { first: "0.0.0.0", second: "0.0.0.0", code: "EADDRINUSE" },
  { first: "0.0.0.0", second: "127.0.0.1", code: "EADDRINUSE" },
  { first: "127.0.0.1", second: "0.0.0.0", code: "EADDRINUSE" },
  { first: "127.0.0.1", second: "127.0.0.2", code: "none" },
  { first: "::", second: "0.0.0.0", code: "EADDRINUSE" },
  { first: "0.0.0.0", second: "::", code: "EADDRINUSE" },
  { first: "::", second: "127.0.0.1", code: "EADDRINUSE" },
  { first: "::", second: "::1", code: "EADDRINUSE" },
  { first: "::1", second: "127.0.0.1", code: "none" },
  { first: "::1", second: "0.0.0.0", code: "none" },
  {
    first: "0.0.0.0",
    second: "127.0.0.1",
    options: [true, false],
    code: "EADDRINUSE",
  },
  {
    first: "0.0.0.0",
    second: "0.0.0.0",
    options: [true, true],
    code: "none",
  },
];

for (const { first, second, options = [false, false], code } of TWICE) {
  const name = `bindUdp() to ${second} after ${first} ${
    code === "none" ? "succeeds" : `fails with ${code}`
  }, with reuseAddress ${options.join(" and ")}`;
  test(name, async (a) => {
    using one = await a.bind({ hostname: first, reuseAddress: options[0] });
    const { port } = one.localAddr;
    const other = a.bind({ hostname: second, port, reuseAddress: options[1] });
    assertEquals(await codeOf(other), code);
    (await other.catch(() => undefined))?.close();
  });
}

test("bindUdp() gives ports in order, and others after a restart", async (a) => {
  using one = await a.bind();
  using two = await a.bind({ hostname: "::" });
  one.close();
  using three = await a.bind();
  const [first, ...rest] = [one, two, three]
    .map(({ localAddr }) => localAddr.port);
  assertEquals(rest, [first! + 1, first! + 2]);
  a.machine.restart();
  a.start();
  using again = await a.bind();
  assertNotEquals(again.localAddr.port, first);
});

test("bindUdp() fails with EADDRINUSE when all ports are taken", async (a) => {
  for (let port = 32_768; port <= 60_999; port++) {
    await a.bind({ port, reuseAddress: true });
  }
  await assertRejects(() => a.bind(), AddressInUseError);
  using specific = await a.bind({ port: 1 });
  assertEquals(specific.localAddr.port, 1);
});

test("bindUdp() refuses the address of another host", async (a, b) => {
  await assertRejects(
    () => a.bind({ hostname: b.v4 }),
    AddressNotAvailableError,
    `Cannot bind to ${b.v4}:0: address not available (EADDRNOTAVAIL)`,
  );
});

Deno.test("bindUdp() fails with EMFILE at the limit of the host", async () => {
  await runUdp(async (net) => {
    const a = net.host("a", { maxSockets: 1 });
    using socket = await a.bind();
    assertEquals(await codeOf(a.bind()), "EMFILE");
    socket.close();
    using _other = await a.bind();
  });
});

test("the port is free as soon as the socket is closed", async (a) => {
  for (let i = 0; i < 3; i++) {
    using socket = await a.bind({ port: 5000 });
    assertEquals(socket.localAddr.port, 5000);
  }
});

test("the socket with the most specific address receives", async (a) => {
  using any = await a.bind({ port: 53, reuseAddress: true });
  using both = await a.bind({
    hostname: "::",
    port: 53,
    reuseAddress: true,
  });
  using one = await a.bind({
    hostname: "127.0.0.1",
    port: 53,
    reuseAddress: true,
  });
  using later = await a.bind({
    hostname: "127.0.0.1",
    port: 53,
    reuseAddress: true,
  });
  using sender = await a.bind();
  const send = (hostname: string) =>
    sender.sendTo(hostname, { hostname, port: 53 });
  await send("127.0.0.1");
  await send("127.0.0.2");
  using sixth = await a.bind({ hostname: "::1" });
  await sixth.sendTo("::1", { hostname: "::1", port: 53 });
  assertEquals((await later.receive()).data.length, 9);
  assertEquals((await any.receive()).data.length, 9);
  assertEquals((await both.receive()).data.length, 3);
  assertEquals(await texts(one), []);
});

test("a dual-stack socket talks to peers of both families", async (a, b) => {
  using server = await b.bind({ hostname: "::" });
  const { port } = server.localAddr;
  using four = await a.connect({ hostname: b.v4, port });
  using six = await a.connect({ hostname: b.v6, port });
  for (const client of [four, six]) {
    await client.send("hello");
    const { address } = await server.receive();
    assertEquals(address, client.localAddr);
    await server.sendTo("answer", address);
    const answer = await client.receive();
    assertEquals(answer.address, client.remoteAddr);
  }
});

test(
  "a connected socket hears of a closed port, on receive and on send",
  async (a, b) => {
    using client = await a.connect({ hostname: b.v4, port: 9 });
    const receiving = client.receive();
    await client.send("anybody?");
    await assertRejects(
      () => receiving,
      ConnectionRefusedError,
      `Cannot receive from ${b.v4}:9: connection refused (ECONNREFUSED)`,
    );
    await client.send("anybody?");
    assertEquals(await codeOf(client.receive()), "ECONNREFUSED");
  },
);

test("send() reports a refusal once, and does not send", async (a, b, net) => {
  using client = await a.connect({ hostname: b.v4, port: 9 });
  await client.send("1");
  await net.wait(2);
  await assertRejects(
    () => client.send("2"),
    ConnectionRefusedError,
    `Cannot send to ${b.v4}:9: connection refused (ECONNREFUSED)`,
  );
  using server = await b.bind({ port: 9 });
  await client.send("3");
  assertEquals(new TextDecoder().decode((await server.receive()).data), "3");
});

test(
  "sendMany() counts the datagrams before the refusal",
  async (a, b, net) => {
    using client = await a.connect({ hostname: b.v4, port: 9 });
    await client.send("1");
    await net.wait(2);
    const two = [new Uint8Array(1), new Uint8Array(1)];
    assertEquals(await codeOf(client.sendMany(two)), "ECONNREFUSED");
    assertEquals(client.stats.sent, 1);
    using server = await b.bind({ port: 9 });
    assertEquals(await client.sendMany(two), 2);
    assertEquals(client.stats.sent, 3);
    assertEquals((await server.receiveBatch(9)).length, 1);
  },
);

test(
  "an unconnected socket hears nothing of a closed port",
  async (a, b, net) => {
    using socket = await a.bind();
    await socket.sendTo("1", { hostname: b.v4, port: 9 });
    await net.wait(2);
    await socket.sendTo("2", { hostname: b.v4, port: 9 });
    assertEquals(await codeOf(receiveNow(socket)), "nothing");
  },
);

test("an unreachable host is not reported", async (a, _, net) => {
  using client = await a.connect({ hostname: "10.0.0.99", port: 9 });
  await client.send("1");
  await net.wait(10_000);
  await client.send("2");
  assertEquals(await codeOf(receiveNow(client)), "nothing");
});

test(
  "a connected socket never receives from others, who are refused",
  async (a, b, net) => {
    using server = await b.bind({ port: 7 });
    using client = await a.connect({ hostname: b.v4, port: 7 });
    using stranger = await b.bind();
    await stranger.sendTo("stranger", client.localAddr);
    using rival = await b.connect({ ...client.localAddr });
    await rival.send("rival");
    await net.wait(2);
    await server.sendTo("peer", client.localAddr);
    await net.wait(2);
    assertEquals(await texts(client), ["peer"]);
    assertEquals(client.stats.strangers, 0);
    assertEquals(await codeOf(rival.send("again")), "ECONNREFUSED");
  },
);

test(
  "connect() and disconnect() change the local address, and keep the port",
  async (a, b) => {
    const socket = await a.bind();
    const { port } = socket.localAddr;
    using client = await socket.connect({ hostname: b.v4, port: 7 });
    assertEquals(client.localAddr, { transport: "udp", hostname: a.v4, port });
    await client.connect({ hostname: "127.0.0.1", port: 7 });
    assertEquals(client.localAddr.hostname, "127.0.0.1");
    using again = client.disconnect();
    assertEquals(again.localAddr, {
      transport: "udp",
      hostname: "0.0.0.0",
      port,
    });
    using server = await b.bind();
    await server.sendTo("anybody", { hostname: a.v4, port });
    assertEquals((await again.receive()).address, {
      ...server.localAddr,
      hostname: b.v4,
    });
  },
);

test("connect() to another peer filters at once", async (a, b) => {
  using first = await b.bind({ hostname: b.v4 });
  using second = await b.bind({ hostname: b.v4 });
  using client = await a.connect(first.localAddr);
  await client.connect(second.localAddr);
  await first.sendTo("first", client.localAddr);
  await second.sendTo("second", client.localAddr);
  const { data, address } = await client.receive();
  assertEquals(new TextDecoder().decode(data), "second");
  assertEquals(address, second.localAddr);
});

test("a socket on loopback cannot leave the host", async (a, b) => {
  using socket = await a.bind({ hostname: "127.0.0.1" });
  const away = { hostname: b.v4, port: 9 };
  assertEquals(await codeOf(socket.sendTo("x", away)), "EINVAL");
  assertEquals(await codeOf(socket.connect(away)), "EINVAL");
});

Deno.test("a host without an address of the family has no route", async () => {
  await runUdp(async (net) => {
    const a = net.host("a", { addresses: ["10.0.0.1"] });
    const away = { hostname: "fd00::2", port: 9 };
    assertEquals(await codeOf(a.connect(away)), "ENETUNREACH");
    using socket = await a.bind({ hostname: "::" });
    assertEquals(await codeOf(socket.sendTo("x", away)), "ENETUNREACH");
  });
});

test(
  "a datagram over maxDatagramSize is truncated, and says so",
  async (a, b) => {
    using server = await b.bind({ hostname: b.v4, maxDatagramSize: 4 });
    using client = await a.connect(server.localAddr);
    await client.send("12345");
    await client.send("1234");
    const [first, second] = [await server.receive(), await server.receive()];
    assertEquals([first.data.length, first.truncated], [4, true]);
    assertEquals([second.data.length, second.truncated], [4, false]);
  },
);

test(
  "the largest datagram has 65,507 bytes over IPv4, 65,527 over IPv6",
  async (a, b) => {
    using server = await b.bind({ hostname: "::", maxDatagramSize: 65_535 });
    using client = await a.bind({ hostname: "::" });
    const { port } = server.localAddr;
    for (const [hostname, most] of [[b.v4, 65_507], [b.v6, 65_527]] as const) {
      await client.sendTo(new Uint8Array(most), { hostname, port });
      assertEquals((await server.receive()).data.length, most);
      await assertRejects(
        () => client.sendTo(new Uint8Array(most + 1), { hostname, port }),
        MessageTooLongError,
      );
    }
  },
);

test("bytes may change once the send has completed", async (a, b) => {
  using server = await b.bind({ hostname: b.v4 });
  using client = await a.connect(server.localAddr);
  const bytes = new Uint8Array([1]);
  await client.send(bytes);
  bytes[0] = 2;
  assertEquals((await server.receive()).data[0], 1);
});

const FULL: readonly {
  name: string;
  options: Parameters<UdpHost["bind"]>[0];
  sizes: number[];
  kept: number[];
}[] = [
  {
    name: "maxQueuedDatagrams",
    options: { maxQueuedDatagrams: 2 },
    sizes: [1, 2, 3],
    kept: [1, 2],
  },
  {
    name: "maxQueuedDatagrams with dropPolicy oldest",
    options: { maxQueuedDatagrams: 2, dropPolicy: "oldest" },
    sizes: [1, 2, 3],
    kept: [2, 3],
  },
  {
    name: "maxQueuedBytes",
    options: { maxQueuedBytes: 10 },
    sizes: [4, 4, 4, 2],
    kept: [4, 4, 2],
  },
  {
    name: "maxQueuedBytes with a datagram larger than it",
    options: { maxQueuedBytes: 10, dropPolicy: "oldest" },
    sizes: [4, 11, 4],
    kept: [4, 4],
  },
];

for (const { name, options, sizes, kept } of FULL) {
  test(`a full queue drops by ${name}`, async (a, b, net) => {
    using server = await b.bind({ ...options, hostname: b.v4 });
    using client = await a.connect(server.localAddr);
    for (const size of sizes) await client.send(new Uint8Array(size));
    await net.wait(2);
    assertEquals(server.dropped, sizes.length - kept.length);
    const got: number[] = [];
    for (const _ of kept) got.push((await server.receive()).data.length);
    assertEquals(got, kept);
    assertEquals(server.stats.received, sizes.length);
  });
}

test(
  "the receive buffer is bound, and setReceiveBufferSize() changes it",
  async (a, b, net) => {
    using server = await b.bind({ hostname: b.v4 });
    using client = await a.connect(server.localAddr);
    const flood = async () => {
      const before = server.dropped;
      for (let i = 0; i < 1000; i++) await client.send(new Uint8Array(32));
      await net.wait(2);
      const kept = 1000 - (server.dropped - before);
      assertEquals((await server.receiveBatch(2000)).length, kept);
      return kept;
    };
    const normal = await flood();
    server.setReceiveBufferSize(8000);
    const few = await flood();
    server.setReceiveBufferSize(1);
    const least = await flood();
    assertEquals([normal, few, least], [533, 20, 3]);
  },
);

test(
  "a broadcast address needs broadcast, and reaches every host of the subnet",
  async (a, b, net) => {
    const c = net.host("c");
    using one = await b.bind({ port: 67 });
    using two = await c.bind({ port: 67 });
    using same = await a.bind({ port: 67 });
    using specific = await c.bind({
      hostname: c.v4,
      port: 68,
    });
    using sender = await a.bind({ hostname: a.v4 });
    for (const hostname of ["255.255.255.255", "10.255.255.255"]) {
      const to = { hostname, port: 67 };
      await assertRejects(() => sender.sendTo("x", to), PermissionDeniedError);
      assertEquals(await codeOf(a.connect(to)), "EACCES");
      sender.setBroadcast(true);
      await sender.sendTo(hostname, to);
      await sender.sendTo(hostname, { hostname, port: 68 });
      await net.wait(2);
      for (const socket of [one, two, same]) {
        assertEquals(await texts(socket), [hostname]);
      }
      assertEquals(await texts(specific), []);
      sender.setBroadcast(false);
    }
  },
);

for (
  const { group, family } of [
    { group: "239.1.2.3", family: 4 },
    { group: "ff05::123", family: 6 },
  ]
) {
  const any = family === 4 ? "0.0.0.0" : "::";
  const own = (host: UdpHost) => family === 4 ? host.v4 : host.v6;

  test(`multicast reaches the members of ${group} only`, async (a, b, net) => {
    const c = net.host("c");
    using member = await b.bind({ hostname: any, port: 7 });
    using outsider = await c.bind({ hostname: any, port: 7 });
    await member.joinMulticast(group);
    using sender = await a.bind({ hostname: any });
    const to = { hostname: group, port: 7 };
    await sender.sendTo("1", to);
    const { data, address } = await member.receive();
    assertEquals(new TextDecoder().decode(data), "1");
    assertEquals(address.hostname, own(a));
    await outsider.joinMulticast(group);
    await member.leaveMulticast(group);
    await sender.sendTo("2", to);
    await net.wait(2);
    assertEquals([await texts(member), await texts(outsider)], [[], ["2"]]);
  });

  test(
    `multicast to ${group} comes back unless loopback is off`,
    async (a, _, net) => {
      using socket = await a.bind({ hostname: any, port: 7 });
      await socket.joinMulticast(group);
      const to = { hostname: group, port: 7 };
      await socket.sendTo("1", to);
      socket.setMulticastLoopback(false);
      await socket.sendTo("2", to);
      await net.wait(2);
      assertEquals(await texts(socket), ["1"]);
    },
  );

  test(
    `a member with a source of ${group} hears it only`,
    async (a, b, net) => {
      const c = net.host("c");
      using member = await b.bind({ hostname: any, port: 7 });
      await member.joinMulticast(group, { source: own(a) });
      const to = { hostname: group, port: 7 };
      for (const host of [c, a]) {
        using sender = await host.bind({ hostname: any });
        await sender.sendTo(host.machine.name, to);
      }
      await net.wait(2);
      assertEquals(await texts(member), ["a"]);
      await member.joinMulticast(group, { source: own(c) });
      await member.leaveMulticast(group, { source: own(a) });
      for (const host of [c, a]) {
        using sender = await host.bind({ hostname: any });
        await sender.sendTo(host.machine.name, to);
      }
      await net.wait(2);
      assertEquals(await texts(member), ["c"]);
    },
  );
}

test("multicast on loopback stays on the host", async (a, b, net) => {
  const group = "239.1.2.3";
  using member = await a.bind({ port: 7 });
  using other = await b.bind({ port: 7 });
  await member.joinMulticast(group, { interface: "127.0.0.1" });
  await other.joinMulticast(group);
  using sender = await a.bind();
  sender.setMulticastInterface("127.0.0.1");
  const to = { hostname: group, port: 7 };
  await sender.sendTo("1", to);
  sender.setMulticastInterface(a.v4);
  await sender.sendTo("2", to);
  await net.wait(2);
  assertEquals([await texts(member), await texts(other)], [["1"], ["2"]]);
});

test("joinMulticast() refuses an interface that the host does not have", async (a) => {
  using four = await a.bind();
  using six = await a.bind({ hostname: "::" });
  const codes = [
    await codeOf(four.joinMulticast("239.1.2.3", { interface: "10.9.9.9" })),
    await codeOf(six.joinMulticast("ff05::1", { interface: 9 })),
    await codeOf(six.joinMulticast("ff05::1", { interface: "wlan0" })),
  ];
  assertEquals(codes, ["ENODEV", "ENODEV", "ENODEV"]);
  await four.joinMulticast("239.1.2.3", { interface: a.v4 });
  await six.joinMulticast("ff05::1", { interface: 2 });
  assertEquals(
    await codeOf(four.joinMulticast("239.1.2.3")),
    "EADDRINUSE",
  );
  four.close();
  assertEquals(a.machine.isMember("239.1.2.3"), false);
});

test("close() ends calls, and crash() does not", async (a, b, net) => {
  using socket = await a.bind();
  const closed = socket.receive();
  socket.close();
  await assertRejects(() => closed, ClosedError);
  using lost = await a.bind({ port: 7 });
  let isSettled = false;
  lost.receive().then(() => isSettled = true, () => isSettled = true);
  lost.sendTo("x", { hostname: b.v4, port: 9 }).then(() => isSettled = true);
  a.machine.crash();
  await net.wait(10);
  assertEquals(isSettled, false);
  a.machine.restart();
  a.start();
  using again = await a.bind({ port: 7 });
  using sender = await b.bind();
  await sender.sendTo("1", { hostname: a.v4, port: 7 });
  assertEquals((await again.receive()).data.length, 1);
  assertEquals(isSettled, false);
});

test(
  "shutdown() frees the ports, which refuse from then on",
  async (a, b, net) => {
    await b.bind({ port: 7 });
    using client = await a.connect({ hostname: b.v4, port: 7 });
    await client.send("1");
    await net.wait(2);
    assertEquals(await codeOf(receiveNow(client)), "nothing");
    b.machine.shutdown();
    await client.send("2");
    assertEquals(await codeOf(client.receive()), "ECONNREFUSED");
    assertEquals(b.machine.sockets, 0);
  },
);
