import { assert, assertEquals } from "@std/assert";
import { codeOf, onTcpNet, sleep } from "./_tcp_net.ts";

Deno.test("close() of the TCP model leaves TIME_WAIT on the side that closed first", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server, listener } = await net.pair();
    const localPort = client.localAddr.port;
    client.close();
    assertEquals(await server.readLine(), null);
    server.close();
    await sleep(10);
    const again = () => a.connect({ hostname: b.v4, port: 80, localPort });
    assertEquals(await codeOf(again()), "EADDRINUSE");
    listener.close();
    using _second = await b.listen({ hostname: b.v4, port: 80 });
    await sleep(59_000);
    assertEquals(await codeOf(again()), "EADDRINUSE");
    await sleep(1000);
    using _client = await again();
  });
});

Deno.test("a listener of the TCP model takes a client's port that it keeps in TIME_WAIT", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server, listener } = await net.pair();
    const localPort = client.localAddr.port;
    server.close();
    assertEquals(await client.readLine(), null);
    client.close();
    await sleep(10);
    listener.close();
    using next = await b.listen({ hostname: b.v4, port: 80 });
    using second = await a.connect({ hostname: b.v4, port: 80, localPort });
    using accepted = await next.accept();
    await second.send("again\n");
    assertEquals(await accepted.readLine(), "again");
  });
});

Deno.test("closes of the TCP model that cross leave TIME_WAIT on both sides", async () => {
  await onTcpNet({ link: { latency: 10 } }, async (net) => {
    const { a, b, client, server } = await net.pair();
    const localPort = client.localAddr.port;
    client.close();
    server.close();
    await sleep(100);
    assertEquals(net.segments(" [F.],").length, 2);
    assertEquals(net.segments(" [R").length, 0);
    const again = a.connect({ hostname: b.v4, port: 80, localPort });
    assertEquals(await codeOf(again), "EADDRINUSE");
  });
});

Deno.test("close() of the TCP model takes an ACK and the peer's FIN in one segment", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    const back = b.machine.linkTo(a.machine);
    back.cut();
    client.close();
    assertEquals(await server.readLine(), null); // its ACK is lost
    back.heal();
    server.close();
    await sleep(1000);
    const ends = net.segments(" [F.],");
    assertEquals(ends.map(({ text }) => text.startsWith(a.v4)), [true, false]);
    assertEquals(net.world.scheduler.size, 0);
  });
});

Deno.test("close() of the TCP model refuses clients that still connect", async () => {
  await onTcpNet({ link: { latency: 10 } }, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const listener = await b.listen({ hostname: b.v4, port: 80 });
    const connecting = a.connect({ hostname: b.v4, port: 80 });
    await sleep(15); // the SYN with ACK is under way
    listener.close();
    using client = await connecting;
    assertEquals(await codeOf(client.readLine()), "ECONNRESET");
  });
});

Deno.test("close() of the TCP model sends what was written in the background", async () => {
  await onTcpNet({ link: { bandwidth: 10_000 } }, async (net) => {
    const { client, server } = await net.pair();
    await client.writeAll(new Uint8Array(100_000));
    client.close();
    let count = 0;
    for await (const chunk of server.readable) count += chunk.length;
    assertEquals(count, 100_000);
  });
});

Deno.test("close() of the TCP model resets a peer that sends on", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    server.close();
    await sleep(10);
    await client.send("lost\n");
    await sleep(10);
    assertEquals(await client.readLine(), null, "the end came first");
    assertEquals(await codeOf(client.writeAll(new Uint8Array(1))), "EPIPE");
    await sleep(100);
    assertEquals(net.world.scheduler.size, 0);
  });
});

Deno.test("close() of the TCP model resets a peer that sends while it ends", async () => {
  await onTcpNet({ link: { latency: 10 } }, async (net) => {
    const { client, server } = await net.pair();
    server.close();
    await client.send("under way\n"); // before the FIN arrives
    await sleep(100);
    const write = client.writeAll(new Uint8Array(1));
    assertEquals(await codeOf(write), "EPIPE");
  });
});

Deno.test("close() of the TCP model with unread bytes resets the peer", async () => {
  await onTcpNet({}, async (net) => {
    const { client, server } = await net.pair();
    await server.send("known\n");
    await client.send("unread\n");
    await sleep(10);
    server.close();
    await sleep(10);
    assertEquals(await client.readLine(), "known", "received before the RST");
    assertEquals(await codeOf(client.readLine()), "ECONNRESET");
  });
});

Deno.test("a reset of the TCP model whose RST is lost shows with the next segment", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    net.cut(a, b);
    client.reset();
    await sleep(10);
    net.heal(a, b);
    const reading = server.readLine();
    assertEquals(
      await codeOf(server.readLine({ timeout: 60_000 })),
      "ETIMEDOUT",
    );
    await server.send("anybody?\n");
    assertEquals(await codeOf(reading), "ECONNRESET");
  });
});

Deno.test("a reset of the TCP model gets through although bytes before it are lost", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server } = await net.pair();
    net.cut(a, b);
    await client.send("lost\n");
    await sleep(10);
    net.heal(a, b);
    client.reset(); // behind a gap
    const start = net.now;
    assertEquals(await codeOf(server.readLine()), "ECONNRESET");
    assert(net.now - start < 10, "the challenge ACK is answered at once");
  });
});

Deno.test("shutdown() of a host of the TCP model resets its connections", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client, server, listener } = await net.pair();
    let isSettled = false;
    const note = () => isSettled = true;
    server.readLine().then(note, note);
    listener.accept().then(note, note);
    b.machine.shutdown();
    assertEquals(await codeOf(client.readLine()), "ECONNRESET");
    const again = a.connect({ hostname: b.v4, port: 80 });
    assertEquals(await codeOf(again), "ECONNREFUSED");
    assertEquals(isSettled, false, "its programs have ended");
    assertEquals(b.machine.sockets, 0);
    using next = await b.listen({ hostname: b.v4, port: 80 });
    using _client = await a.connect({ hostname: b.v4, port: 80 });
    using _server = await next.accept();
  });
});

Deno.test("crash() of a host of the TCP model is silent", async () => {
  await onTcpNet({}, async (net) => {
    const { b, client, server } = await net.pair();
    let isSettled = false;
    const note = () => isSettled = true;
    server.readLine().then(note, note);
    b.machine.crash();
    const reading = client.readLine({ timeout: 3_600_000 });
    assertEquals(await codeOf(reading), "ETIMEDOUT");
    assertEquals(isSettled, false);
    const { length } = net.segments();
    server.close();
    await sleep(10);
    assertEquals(net.segments().length, length);
  });
});
