import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import {
  AddressInUseError,
  AddressNotAvailableError,
  AddrInfoError,
  ClosedError,
  MessageTooLongError,
  NotCapableError,
  NotSupportedError,
  PermissionDeniedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  HAS_LARGE_DATAGRAMS,
  HAS_LOOPBACK_BROADCAST,
  hearsBoth,
} from "../_system.ts";
import {
  BACKENDS,
  bytes,
  eachPosix,
  eachTransport,
  isConnecting,
  isQueueing,
  permissionsFor,
  text,
} from "./_each_transport.ts";
import { IS_DENO } from "../_runtime.ts";
import { lacks, type Option } from "./_lacks.ts";

const SOON = { timeout: 20_000 };

eachTransport(
  "sendTo() and receive() carry datagrams whole, with their sender",
  async ({ bind, backend }) => {
    using a = await bind();
    using b = await bind();
    assertEquals(a.backend, backend);
    for (const size of [0, 1, 100, 1472, 9000]) {
      const sent = Uint8Array.from({ length: size }, (_, i) => i % 256);
      assertEquals(await a.sendTo(sent, b.localAddr), size);
      const { data, address, truncated } = await b.receive(SOON);
      assertEquals(data, sent);
      assertEquals(address, a.localAddr);
      assertEquals(truncated, false);
    }
    assertEquals([a.stats.sent, b.stats.received], [5, 5]);
  },
);

eachTransport("the bytes received are the receiver's own", async ({ bind }) => {
  using a = await bind();
  using b = await bind();
  await a.sendTo(bytes("one"), b.localAddr);
  const first = await b.receive(SOON);
  await a.sendTo(bytes("two"), b.localAddr);
  await b.receive(SOON);
  assertEquals(text(first.data), "one");
  assertEquals(first.data.buffer.byteLength, 3);
});

eachTransport(
  "receiveInto() fills the caller's buffer, and tells when it was too small",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    const buffer = new Uint8Array(4);
    for (
      const [sent, kept, truncated] of [
        ["abc", "abc", false],
        ["abcd", "abcd", false],
        ["abcde", "abcd", true],
        ["", "", false],
      ] as const
    ) {
      await a.sendTo(bytes(sent), b.localAddr);
      const got = await b.receiveInto(buffer, SOON);
      assertEquals(text(buffer.subarray(0, got.length)), kept);
      assertEquals([got.truncated, got.address.port], [
        truncated,
        a.localAddr.port,
      ]);
    }
  },
);

eachTransport(
  "a datagram over maxDatagramSize is marked as truncated",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind({ maxDatagramSize: 1000 });
    for (
      const [size, truncated] of [[999, false], [1000, false], [1001, true], [
        5000,
        true,
      ]] as const
    ) {
      await a.sendTo(new Uint8Array(size), b.localAddr);
      const got = await b.receive(SOON);
      assertEquals([got.data.length, got.truncated], [
        Math.min(size, 1000),
        truncated,
      ]);
    }
  },
);

eachTransport(
  "the largest datagram goes through, and one more byte is refused",
  async ({ bind, family }) => {
    using a = await bind();
    using b = await bind({ maxDatagramSize: 65_535 });
    const most = family === 4 ? 65_507 : 65_527;
    const size = HAS_LARGE_DATAGRAMS ? 65_507 : 9216;
    await a.sendTo(new Uint8Array(size).fill(5), b.localAddr);
    assertEquals((await b.receive(SOON)).data.length, size);
    const error = await assertRejects(
      () => a.sendTo(new Uint8Array(most + 1), b.localAddr),
      MessageTooLongError,
      String(most),
    );
    assertEquals(error.code, "EMSGSIZE");
  },
);

eachTransport(
  "sendMany() and receiveBatch() carry several at once",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    const datagrams = Array.from({ length: 100 }, (_, i) => ({
      data: new Uint8Array([i]),
      address: b.localAddr,
    }));
    assertEquals(await a.sendMany(datagrams), 100);
    const got: number[] = [];
    while (got.length < 100) {
      const batch = await b.receiveBatch(40, SOON);
      assert(batch.length >= 1 && batch.length <= 40);
      got.push(...batch.map(({ data }) => data[0]!));
    }
    assertEquals(got, datagrams.map(({ data }) => data[0]!));
    await assertRejects(() => b.receiveBatch(0), RangeError);
  },
);

eachTransport(
  "iteration gives the datagrams until the socket is closed",
  async ({ bind }) => {
    using a = await bind();
    const b = await bind();
    for (let i = 0; i < 3; i++) {
      await a.sendTo(
        new Uint8Array([i]),
        b.localAddr,
      );
    }
    const got: number[] = [];
    for await (const { data } of b) {
      got.push(data[0]!);
      if (got.length === 3) b.close();
    }
    assertEquals(got, [0, 1, 2]);
  },
);

eachTransport(
  "receives are served in the order of their calls",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    const receives = [b.receive(SOON), b.receive(SOON), b.receive(SOON)];
    for (let i = 0; i < 3; i++) {
      await a.sendTo(
        new Uint8Array([i]),
        b.localAddr,
      );
    }
    const got = await Promise.all(receives);
    assertEquals(got.map(({ data }) => data[0]), [0, 1, 2]);
  },
);

eachTransport(
  "a receive that is given up loses no datagram",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    await assertRejects(
      () => b.receive({ timeout: 1 }),
      TimedOutError,
      "timed out",
    );
    const giveUp = new AbortController();
    const aborted = b.receive({ signal: giveUp.signal });
    giveUp.abort("enough");
    await aborted.then(
      () => assert(false),
      (why) => assertEquals(why, "enough"),
    );
    await a.sendTo(bytes("kept"), b.localAddr);
    assertEquals(text((await b.receive(SOON)).data), "kept");
    await b.receive({ signal: AbortSignal.abort("no") })
      .then(() => assert(false), (why) => assertEquals(why, "no"));
    await assertRejects(() => b.receive({ timeout: -1 }), RangeError);
  },
);

eachTransport(
  "a buffer that is transferred away loses no datagram",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind();
    const gone = new Uint8Array(8);
    const alone = b.receiveInto(gone);
    const next = b.receiveInto(gone);
    const last = b.receive(SOON);
    gone.buffer.transfer();
    await a.sendTo(bytes("kept"), b.localAddr);
    await Promise.all([
      assertRejects(() => alone, TypeError),
      assertRejects(() => next, TypeError),
    ]);
    assertEquals(text((await last).data), "kept");
    await a.sendTo(bytes("too"), b.localAddr);
    await assertRejects(() => b.receiveInto(gone), TypeError);
    assertEquals(text((await b.receive(SOON)).data), "too");
  },
);

eachTransport(
  "close() rejects what waits, and a second call does nothing",
  async ({ bind }) => {
    const socket = await bind();
    const pending = socket.receive();
    const into = socket.receiveInto(new Uint8Array(1));
    const iterating = Array.fromAsync(socket);
    socket.close();
    socket.close();
    await assertRejects(() => pending, ClosedError);
    await assertRejects(() => into, Deno.errors.BadResource);
    assertEquals(await iterating, []);
    await assertRejects(() => socket.receive(), ClosedError);
    await assertRejects(
      () => socket.sendTo(bytes("x"), socket.localAddr),
      ClosedError,
    );
    assert(socket.isClosed);
  },
);

eachTransport(
  "a port is free once its socket is closed, whatever was pending",
  async ({ bind }) => {
    let bound = 0;
    // Another program may take the port in between, but not time and again.
    for (let attempt = 0; attempt < 5 && bound === 0; attempt++) {
      const socket = await bind();
      const { port } = socket.localAddr;
      const receiving = socket.receive().catch(() => {});
      const sending = socket.sendTo(bytes("x"), socket.localAddr)
        .catch((error) => assertInstanceOf(error, ClosedError));
      await socket[Symbol.asyncDispose]();
      const again = await bind({ port }).catch(() => undefined);
      if (again !== undefined) bound = again.localAddr.port;
      await again?.[Symbol.asyncDispose]();
      await Promise.all([receiving, sending]);
      assert(bound === 0 || bound === port);
    }
    assert(bound > 0);
  },
);

eachTransport("sendTo() a name asks the resolver", async ({ bind }) => {
  using a = await bind();
  using b = await bind();
  await a.sendTo(bytes("by name"), {
    hostname: "localhost",
    port: b.localAddr.port,
  });
  assertEquals(text((await b.receive(SOON)).data), "by name");
  await assertRejects(
    () => a.sendTo(bytes("x"), { hostname: "no.invalid", port: 9 }),
    AddrInfoError,
  );
});

eachTransport(
  "bindUdp() refuses a port in use and an address that is not this host's",
  async ({ bind, family }) => {
    using socket = await bind();
    await assertRejects(
      () => bind({ port: socket.localAddr.port }),
      AddressInUseError,
    );
    await assertRejects(
      () => bind({ hostname: family === 4 ? "192.0.2.1" : "2001:db8::1" }),
      AddressNotAvailableError,
    );
  },
);

eachTransport(
  "bad input is refused before anything is opened",
  async ({ bind, connect }) => {
    await assertRejects(() => bind({ port: 65_536 }), RangeError);
    await assertRejects(() => bind({ hostname: "" }), AddrInfoError);
    await assertRejects(() => bind({ hostname: "a b" }), AddrInfoError);
    await assertRejects(() => bind({ maxDatagramSize: 0 }), RangeError);
    await assertRejects(() => bind({ maxQueuedDatagrams: 0 }), RangeError);
    await assertRejects(() => bind({ maxQueuedBytes: 0 }), RangeError);
    await assertRejects(
      () => bind({ dropPolicy: "all" as "newest" }),
      TypeError,
    );
    await assertRejects(() => bind({ ttl: 0 }), RangeError);
    const addr: Deno.NetAddr = {
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    };
    await assertRejects(() => connect(addr), RangeError);
    await assertRejects(() => connect({ ...addr, port: -1 }), RangeError);
    await assertRejects(
      () => connect({ ...addr, port: 1 }, { localAddress: "x" }),
      TypeError,
    );
    using socket = await bind();
    await assertRejects(
      () => socket.sendTo(bytes("x"), { ...addr, port: 70_000 }),
      RangeError,
    );
    await assertRejects(() => socket.joinMulticast("127.0.0.1"), TypeError);
    await assertRejects(() => socket.joinMulticast("nonsense"), TypeError);
    assertThrows(() => socket.setTtl(256), RangeError);
  },
);

eachTransport(
  "what a backend cannot do says what can",
  async ({ bind, backend, family, loopback }) => {
    using socket = await bind();
    const via = family === 4 ? loopback : 1;
    const uses: [Option, () => unknown][] = [
      ["ttl", () => socket.setTtl(5)],
      ["ttl", () => socket.setMulticastTtl(5)],
      ["ttl", () => bind({ ttl: 5 }).then((bound) => bound.close())],
      ["loopback", () => socket.setMulticastLoopback(false)],
      ["interface", () => socket.setMulticastInterface(via)],
    ];
    for (const [option, use] of uses) {
      if (!await lacks(backend, family, option, use)) await use();
    }
    socket.setBroadcast(true);
    for (const set of ["setReceiveBufferSize", "setSendBufferSize"] as const) {
      if (isConnecting(backend)) {
        socket[set](65_536);
        continue;
      }
      const error = assertThrows(() => socket[set](65_536), NotSupportedError);
      assert(error.message.includes("--allow-ffi"), error.message);
    }
  },
);

eachPosix(
  "what comes while nobody receives waits in the kernel",
  async ({ bind }) => {
    using sender = await bind();
    using roomy = await bind();
    using narrow = await bind({ socketOptions: { SO_RCVBUF: 4096 } });
    for (let i = 0; i < 400; i++) {
      for (const { localAddr } of [roomy, narrow]) {
        await sender.sendTo(Uint8Array.of(i, i >> 8), localAddr);
      }
    }
    let last = -1;
    for (let i = 0; i < 400; i++) {
      const { data } = await roomy.receive(SOON);
      assertEquals(data[0]! | data[1]! << 8, ++last);
    }
    let kept = 0;
    while ((await narrow.receiveBatch(64, SOON)).length === 64) kept += 64;
    assert(kept < 300, `${kept}`);
  },
);

eachTransport(
  "un-awaited sends are bounded and all arrive in order",
  async ({ bind }) => {
    using a = await bind();
    using b = await bind({ maxQueuedDatagrams: 5000 });
    const got: number[] = [];
    const receiving = (async () => {
      while (got.length < 1000) {
        got.push(
          new DataView((await b.receive(SOON)).data.buffer).getUint16(0),
        );
      }
    })();
    for (let round = 0; round < 10; round++) {
      const sends = [];
      for (let i = 0; i < 100; i++) {
        const data = new Uint8Array(2);
        new DataView(data.buffer).setUint16(0, round * 100 + i);
        sends.push(a.sendTo(data, b.localAddr));
      }
      await Promise.all(sends);
      // No faster than the receiver: what the kernel drops, nobody can keep.
      for (let i = 0; i < 10_000 && got.length < (round + 1) * 100; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await receiving;
    assertEquals(got, Array.from({ length: 1000 }, (_, i) => i));
  },
);

eachTransport(
  "a full queue drops the newest or the oldest",
  async ({ bind, backend }) => {
    for (const dropPolicy of ["newest", "oldest"] as const) {
      using a = await bind();
      using b = await bind({
        maxQueuedDatagrams: 10,
        maxQueuedBytes: 8000,
        dropPolicy,
      });
      const addr = b.localAddr;
      for (let i = 0; i < 100; i++) {
        await a.sendTo(new Uint8Array(500).fill(i), addr);
      }
      // Wait until the last one has come, or has been dropped.
      for (
        let turn = 0;
        turn < 500 && b.dropped < 90 && isQueueing(backend);
        turn++
      ) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const got: number[] = [];
      if (isQueueing(backend)) {
        assertEquals(b.dropped, 90);
        for (let i = 0; i < 10; i++) got.push((await b.receive(SOON)).data[0]!);
        assertEquals(got[0], dropPolicy === "newest" ? 0 : 90);
        assertEquals(got.at(-1), dropPolicy === "newest" ? 9 : 99);
      } else {
        // Nobody asked, so the datagrams wait in the kernel, not with us.
        assertEquals(b.dropped, 0);
        assertEquals((await b.receive(SOON)).data[0], 0);
      }
    }
  },
);

eachTransport("the counters and the flags are passed on", async ({ bind }) => {
  using socket = await bind({ reuseAddress: true });
  socket.unref();
  socket.ref();
  assertEquals(socket.stats, {
    received: 0,
    sent: 0,
    dropped: 0,
    strangers: 0,
  });
});

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `a dual-stack socket reports and reaches IPv4 peers as IPv4, over ${backend}`,
    ignore: !hearsBoth(backend),
    permissions: permissionsFor(backend),
    async fn() {
      using dual = await bindUdp({ hostname: "::", backend });
      using four = await bindUdp({ hostname: "127.0.0.1", backend });
      await four.sendTo(bytes("hi"), {
        hostname: "127.0.0.1",
        port: dual.localAddr.port,
      });
      const { address } = await dual.receive(SOON);
      assertEquals(address, four.localAddr);
      await dual.sendTo(bytes("back"), address);
      assertEquals(text((await four.receive(SOON)).data), "back");
      await assertRejects(
        () => four.sendTo(bytes("x"), { hostname: "::1", port: 9 }),
        SocketError,
        "EAFNOSUPPORT",
      );
    },
  });

  Deno.test({
    name: `without --allow-net nothing is opened, over ${backend}`,
    permissions: permissionsFor(backend, { net: false }),
    async fn() {
      await assertRejects(
        () => bindUdp({ hostname: "127.0.0.1", backend }),
        NotCapableError,
        "--allow-net",
      );
      await assertRejects(
        () => connectUdp({ port: 9, backend }),
        NotCapableError,
        "--allow-net",
      );
    },
  });
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `a host that is not permitted is named as such, over ${backend}`,
    permissions: permissionsFor(backend, { net: ["127.0.0.1"] }),
    async fn() {
      using socket = await bindUdp({ hostname: "127.0.0.1", backend });
      const address = { hostname: "127.0.0.2", port: 9 };
      const data = bytes("x");
      for (
        const call of [
          () => socket.sendTo(data, address),
          () => socket.sendMany([{ data, address }]),
        ]
      ) await assertRejects(call, NotCapableError, "127.0.0.2");
      await socket.sendTo(data, socket.localAddr);
      assertEquals(text((await socket.receive(SOON)).data), "x");
    },
  });
}

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `broadcast is refused with EACCES unless it is asked for, over ${backend}`,
    ignore: !HAS_LOOPBACK_BROADCAST,
    permissions: permissionsFor(backend),
    async fn() {
      using plain = await bindUdp({ hostname: "0.0.0.0", backend });
      const refused = ["255.255.255.255"];
      // Which only the kernel knows as one, and "deno" sockets are free to use.
      if (backend !== "deno") refused.push("127.255.255.255");
      for (const hostname of refused) {
        await assertRejects(
          () => plain.sendTo(bytes("x"), { hostname, port: 9 }),
          PermissionDeniedError,
          "broadcast: true",
        );
      }
      using allowed = await bindUdp({
        hostname: "0.0.0.0",
        broadcast: true,
        backend,
      });
      await allowed.sendTo(bytes("heard"), {
        hostname: "127.255.255.255",
        port: allowed.localAddr.port,
      });
      assertEquals(text((await allowed.receive(SOON)).data), "heard");
    },
  });
}

Deno.test({
  name: 'backend "deno" without --unstable-net says what it needs',
  permissions: { net: true },
  ignore: "listenDatagram" in Deno,
  async fn() {
    await assertRejects(
      () => bindUdp({ backend: "deno" }),
      NotSupportedError,
      IS_DENO ? "--unstable-net" : "needs Deno",
    );
  },
});
