import { assert, assertEquals, assertRejects } from "@std/assert";
import { SocketError } from "../../../errors/mod.ts";
import { codeOf, onTcpNet, sleep } from "./_tcp_net.ts";

Deno.test("connect() of the TCP model completes after one round trip", async () => {
  await onTcpNet({ link: { latency: 10 } }, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    using _listener = await b.listen({ hostname: b.v4, port: 80 });
    for (const hostname of [b.v4]) {
      using client = await a.connect({ hostname, port: 80 });
      assertEquals(net.now, 20);
      assertEquals(client.backend as string, "simulated");
    }
    using _six = await b.listen({ hostname: b.v6, port: 81 });
    using _client = await a.connect({ hostname: b.v6, port: 81 });
    assertEquals(net.now, 40);
  });
});

Deno.test("connect() of the TCP model reports what Linux does", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b", { addresses: ["10.0.0.2"] });
    const to = { hostname: b.v4, port: 80 };
    assertEquals(await codeOf(a.connect(to)), "ECONNREFUSED");
    assertEquals(net.now, 1);
    const nobody = { hostname: "10.9.9.9", port: 80 };
    assertEquals(await codeOf(a.connect(nobody)), "EHOSTUNREACH");
    assert(net.now > 3000 && net.now < 3100, `${net.now}`);
    const six = { hostname: a.v6, port: 80 };
    assertEquals(await codeOf(b.connect(six)), "ENETUNREACH");
    const martian = { ...to, localAddress: "127.0.0.1" };
    assertEquals(await codeOf(a.connect(martian)), "EINVAL");
    const foreign = { ...to, localAddress: b.v4 };
    assertEquals(await codeOf(a.connect(foreign)), "EADDRNOTAVAIL");
  });
});

Deno.test("connect() of the TCP model gives up after 127 s of silence", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    using _listener = await b.listen({ hostname: b.v4, port: 80 });
    net.cut(a, b);
    const error = await assertRejects(
      () => a.connect({ hostname: b.v4, port: 80 }),
      SocketError,
    );
    assertEquals([error.code, error.syscall], ["ETIMEDOUT", "connect"]);
    assertEquals(net.now, 127_000);
    const times = net.segments(" [S],").map(({ time }) => time / 1000);
    assertEquals(times, [0, 1, 3, 7, 15, 31, 63]);
  });
});

Deno.test("connect() of the TCP model survives lost handshakes", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    await onTcpNet({ seed, link: { loss: 0.3 } }, async (net) => {
      const a = net.host("a");
      const b = net.host("b");
      using listener = await b.listen({ hostname: b.v4, port: 80 });
      using client = await a.connect({ hostname: b.v4, port: 80 });
      await client.send("hello\n"); // which also completes the handshake
      using server = await listener.accept();
      assertEquals(await server.readLine(), "hello", `seed ${seed}`);
    });
  }
});

Deno.test("connect() of the TCP model that is aborted refuses the late answer", async () => {
  await onTcpNet({ link: { latency: 100 } }, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    using listener = await b.listen({ hostname: b.v4, port: 80 });
    const reason = new Error("enough");
    const controller = new AbortController();
    const { signal } = controller;
    const connecting = a.connect({ hostname: b.v4, port: 80, signal });
    await sleep(150); // the SYN with ACK is under way
    controller.abort(reason);
    assertEquals(await assertRejects(() => connecting), reason);
    await sleep(1000);
    assertEquals(net.segments(" [R],").length, 1);
    assertEquals(a.machine.sockets, 0);
    const accepting = listener.accept({ timeout: 100_000 });
    assertEquals(await codeOf(accepting), "ETIMEDOUT");
  });
});

Deno.test("a full backlog of the TCP model keeps later clients waiting", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const to = { hostname: b.v4, port: 80 };
    using listener = await b.listen({ ...to, backlog: 1 });
    using _first = await a.connect(to);
    using _second = await a.connect(to);
    const connecting = a.connect(to);
    assertEquals(
      await codeOf(a.connect({ ...to, timeout: 2500 })),
      "ETIMEDOUT",
    );
    using _one = await listener.accept();
    using third = await connecting;
    assert(net.now > 3000, "the third SYN is answered");
    using _two = await listener.accept();
    using server = await listener.accept();
    assertEquals(server.remoteAddr.port, third.localAddr.port);
  });
});

Deno.test("a handshake of the TCP model waits for room in the accept queue", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const to = { hostname: b.v4, port: 80 };
    using listener = await b.listen({ ...to, backlog: 1 });
    // The SYNs come while the queue is empty, the ACKs when it is not any more.
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => a.connect(to)),
    );
    assertEquals(net.now, 1, "all think that they are connected");
    await Promise.all(clients.map((client, i) => client.send(`${i}\n`)));
    const lines: (string | null)[] = [];
    for (let i = 0; i < 5; i++) {
      using server = await listener.accept();
      lines.push(await server.readLine());
    }
    assertEquals(lines.sort(), ["0", "1", "2", "3", "4"]);
    for (const client of clients) client.close();
  });
});

Deno.test("a client of the TCP model whose handshake never ends is reset", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const to = { hostname: b.v4, port: 80 };
    using _listener = await b.listen({ ...to, backlog: 1 });
    const clients = await Promise.all([
      a.connect(to),
      a.connect(to),
      a.connect(to),
    ]);
    await sleep(63_000);
    const [, , third] = clients;
    await third.send("hello\n");
    assertEquals(await codeOf(third.readLine()), "ECONNRESET");
    for (const client of clients) client.close();
  });
});

Deno.test("two hosts of the TCP model that connect at once share one connection", async () => {
  await onTcpNet({ link: { latency: 10 } }, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const [left, right] = await Promise.all([
      a.connect({ hostname: b.v4, port: 2000, localPort: 1000 }),
      b.connect({ hostname: a.v4, port: 1000, localPort: 2000 }),
    ]);
    await left.send("left\n");
    await right.send("right\n");
    assertEquals(await right.readLine(), "left");
    assertEquals(await left.readLine(), "right");
    left.close();
    assertEquals(await right.readLine(), null);
    right.close();
  });
});

Deno.test("a socket of the TCP model can connect to itself", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const self = { hostname: "127.0.0.1", port: 1000, localPort: 1000 };
    using conn = await a.connect(self);
    await conn.send("me\n");
    assertEquals(await conn.readLine(), "me");
    await conn.closeWrite();
    assertEquals(await conn.readLine(), null);
  });
});

Deno.test("a listener of the TCP model gets the SYN of a client that it forgot", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server, listener } = await net.pair();
    const localPort = client.localAddr.port;
    a.restart();
    const again = a.connect({ hostname: b.v4, port: 80, localPort });
    assertEquals(await codeOf(server.readLine()), "ECONNRESET");
    using second = await again;
    using accepted = await listener.accept();
    await second.send("new\n");
    assertEquals(await accepted.readLine(), "new");
  });
});
