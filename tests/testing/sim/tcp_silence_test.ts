import { assert, assertEquals } from "@std/assert";
import { codeOf, onTcpNet, sleep } from "./_tcp_net.ts";

const HOUR = 3_600_000;

Deno.test("a write of the TCP model fails when retransmissions give up", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client } = await net.pair();
    net.cut(a, b);
    const start = net.now;
    await client.send("anybody?\n");
    assertEquals(await codeOf(client.readLine()), "ETIMEDOUT");
    const seconds = (net.now - start) / 1000;
    assert(seconds > 900 && seconds < 950, `${seconds} s, Linux: 924.6 s`);
    const sent = net.segments("length 9").length;
    assertEquals(sent, 16, "once, and 15 times again");
    assertEquals(await codeOf(client.write(new Uint8Array(1))), "EPIPE");
    assertEquals(net.world.scheduler.size, 0);
  });
});

Deno.test("a connection of the TCP model survives a partition", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    net.cut(a, b);
    await client.send("still here\n");
    await sleep(600_000);
    net.heal(a, b);
    assertEquals(await server.readLine(), "still here");
  });
});

Deno.test("a write of the TCP model reports an unreachable host in the end", async () => {
  await onTcpNet({}, async (net) => {
    const { b, client } = await net.pair();
    b.machine.setAddresses([]);
    await client.send("anybody?\n");
    assertEquals(await codeOf(client.readLine()), "EHOSTUNREACH");
    assert(net.now > 900_000);
  });
});

Deno.test("an idle connection of the TCP model costs no events", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    await client.send("hello\n");
    await server.readLine();
    await server.send("hello\n");
    await client.readLine();
    await sleep(1000);
    assertEquals(net.world.scheduler.size, 0);
    const before = net.segments().length;
    await sleep(10 * HOUR);
    assertEquals(net.segments().length, before);
    await client.send("still here\n");
    assertEquals(await server.readLine(), "still here");
  });
});

Deno.test("keep-alive of the TCP model finds that the peer has crashed", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client } = await net.pair();
    const start = net.now;
    client.setKeepAlive(true, 60_000);
    const reading = client.readLine();
    await sleep(50_000);
    b.machine.crash();
    assertEquals(await codeOf(reading), "ETIMEDOUT");
    const seconds = Math.round((net.now - start) / 1000);
    assertEquals(seconds, 60 + 9 * 75);
    assertEquals(a.machine.sockets, 1);
  });
});

Deno.test("keep-alive of the TCP model finds that the peer was restarted", async () => {
  await onTcpNet({}, async (net) => {
    const { b, client } = await net.pair();
    client.setKeepAlive(true, 60_000);
    const reading = client.readLine();
    b.restart();
    assertEquals(await codeOf(reading), "ECONNRESET");
    assert(net.now > 60_000 && net.now < 61_000);
  });
});

Deno.test("keep-alive of the TCP model keeps a connection for hours", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    client.setKeepAlive(); // after two hours, as Linux
    await sleep(9 * HOUR);
    assertEquals(net.segments().filter(({ time }) => time > 1000).length, 8);
    client.setKeepAlive(false);
    await server.send("hello\n");
    assertEquals(await client.readLine(), "hello");
    await sleep(1000);
    assertEquals(net.world.scheduler.size, 0);
  });
});

Deno.test("a peer of the TCP model that was restarted resets the connection", async () => {
  await onTcpNet({}, async (net) => {
    const { b, client } = await net.pair();
    b.restart();
    const reading = client.readLine();
    await sleep(10);
    await client.send("hello\n");
    assertEquals(await codeOf(reading), "ECONNRESET");
  });
});

Deno.test("a reader of the TCP model that pauses for an hour stops its peer", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    const bytes = new Uint8Array(600_000).map((_, i) => i % 251);
    const writing = client.writeAll(bytes);
    await sleep(HOUR);
    assert(client.bytesWritten < 300_000, `${client.bytesWritten} were taken`);
    net.cut(a, b); // the news of the open window are lost
    const first = await server.readExact(100_000);
    await sleep(100);
    net.heal(a, b);
    const rest = await server.readExact(500_000);
    await writing;
    assertEquals(first, bytes.slice(0, 100_000));
    assertEquals(rest, bytes.slice(100_000));
  });
});

Deno.test("a closed window of the TCP model is probed ever less often", async () => {
  await onTcpNet({}, async (net) => {
    const { client } = await net.pair();
    const writing = client.writeAll(new Uint8Array(600_000));
    writing.catch(() => {});
    await sleep(10_000);
    const before = net.segments().length;
    await sleep(HOUR);
    const probes = (net.segments().length - before) / 2;
    assert(probes > 30 && probes < 40, `${probes} probes in an hour`);
  });
});

Deno.test("a probe of the TCP model that nobody answers gives up", async () => {
  await onTcpNet({}, async (net) => {
    const { b, client } = await net.pair();
    const writing = client.writeAll(new Uint8Array(600_000));
    await sleep(10_000);
    b.machine.crash();
    assertEquals(await codeOf(writing), "ETIMEDOUT");
  });
});

Deno.test("segments of the TCP model follow a change of the MTU", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    const { length } = net.segments();
    await client.writeAll(new Uint8Array(3000));
    await server.readExact(3000);
    net.link(a, b, { mtu: 540 });
    await client.writeAll(new Uint8Array(1000));
    await server.readExact(1000);
    const sizes = net.segments().slice(length)
      .map(({ text }) => Number(/length (\d+)/.exec(text)![1]))
      .filter((size) => size > 0);
    assertEquals(sizes, [1460, 1460, 80, 500, 500]);
  });
});

Deno.test("packets of the TCP model that are held arrive after release()", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    const link = a.machine.linkTo(b.machine);
    link.hold();
    await client.send("held\n");
    const reading = server.readLine();
    await sleep(5000); // it is sent again meanwhile
    link.release();
    assertEquals(await reading, "held");
    await client.send("next\n");
    assertEquals(await server.readLine(), "next");
    assertEquals(server.buffered, 0);
  });
});

Deno.test("three duplicate ACKs of the TCP model repair a loss at once", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    const link = a.machine.linkTo(b.machine);
    const start = net.now;
    link.cut();
    await client.send(new Uint8Array(1460));
    link.heal();
    for (let i = 0; i < 4; i++) await client.send(new Uint8Array(1460));
    await server.readExact(5 * 1460);
    assert(net.now - start < 10, "sooner than any timeout");
  });
});

Deno.test("a path of the TCP model that takes seconds is measured", async () => {
  await onTcpNet({ link: { latency: 5000 } }, async (net) => {
    const { client, server } = await net.pair(); // its SYN was sent again
    assert(net.segments(" [S],").length > 1);
    await client.send("hello\n");
    assertEquals(await server.readLine(), "hello");
    await sleep(60_000);
    assertEquals(
      net.segments("length 6").length,
      1,
      "the handshake told the time",
    );
    assertEquals(net.world.scheduler.size, 0);
  });
});

Deno.test("loopback of the TCP model does not wait for delayed ACKs", async () => {
  for (const size of [4096, 131_072]) {
    await onTcpNet({ receiveBuffer: size, sendBuffer: size }, async (net) => {
      const a = net.host("a");
      using listener = await a.listen({ hostname: "127.0.0.1", port: 80 });
      using client = await a.connect({ hostname: "127.0.0.1", port: 80 });
      using server = await listener.accept();
      const writing = client.writeAll(new Uint8Array(1 << 20));
      await server.readExact(1 << 20);
      await writing;
      assert(net.now < 40, `${net.now} ms with buffers of ${size}`);
    });
  }
});

Deno.test("Nagle's algorithm of the TCP model waits for the ACK of small segments", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    client.setNoDelay(false);
    const start = net.now;
    await client.write(new Uint8Array(1));
    await client.write(new Uint8Array(1));
    await server.readExact(2);
    const delayed = net.now - start;
    assert(delayed >= 40, `${delayed} ms, for the delayed ACK`);
    client.setNoDelay(true);
    const again = net.now;
    await client.write(new Uint8Array(1));
    await client.write(new Uint8Array(1));
    await server.readExact(2);
    assertEquals(net.now - again < 10, true);
  });
});

Deno.test("the TCP model uses one event or two for a packet", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    const { scheduler } = net.world;
    let events = 0;
    const step = scheduler.step;
    scheduler.step = () => {
      events++;
      return step.call(scheduler);
    };
    const { recorder } = net.wire;
    const count = () => recorder.size + recorder.omitted;
    const before = count();
    const writing = client.writeAll(new Uint8Array(4 << 20));
    await server.readExact(4 << 20);
    await writing;
    const packets = count() - before;
    assert(packets > 2000);
    assert(events < 2 * packets, `${events} events, ${packets} packets`);
  });
});
