import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ports } from "../../../testing/_sim/tcp/ports.ts";
import { codeOf, onTcpNet, sleep, type TcpHost } from "./_tcp_net.ts";

/** Which line a listener's first connection sends, within a second. */
async function greet(
  from: TcpHost,
  to: { hostname: string; port: number },
): Promise<void> {
  using client = await from.connect(to);
  await client.send("hello\n");
  await client.closeWrite();
  await client.readLine();
}

Deno.test("a specific listener of the TCP model comes before one for any address", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b", { addresses: ["10.0.0.2", "10.0.0.3"] });
    // Only with reusePort may the two overlap.
    const shared = { port: 80, reusePort: true };
    using any = await b.listen({ hostname: "0.0.0.0", ...shared });
    using one = await b.listen({ hostname: "10.0.0.2", ...shared });
    const first = greet(a, { hostname: "10.0.0.2", port: 80 });
    const second = greet(a, { hostname: "10.0.0.3", port: 80 });
    using atOne = await one.accept();
    using atAny = await any.accept();
    assertEquals(atOne.localAddr.hostname, "10.0.0.2");
    assertEquals(atAny.localAddr.hostname, "10.0.0.3");
    atOne.close();
    atAny.close();
    await Promise.allSettled([first, second]);
  });
});

Deno.test("listeners of the TCP model with reusePort share the connections", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a");
    const b = net.host("b");
    const shared = { hostname: b.v4, port: 80, reusePort: true };
    const counts = [0, 0, 0, 0];
    for (const i of counts.keys()) {
      const listener = await b.listen(shared);
      (async () => {
        for await (const conn of listener) {
          counts[i]!++;
          conn.close();
        }
      })();
    }
    for (let i = 0; i < 400; i++) await greet(a, shared).catch(() => {});
    assertEquals(counts.reduce((sum, count) => sum + count), 400);
    assert(counts.every((count) => count > 50), `${counts}`);
  });
});

Deno.test("a host of the TCP model has 28,232 ports to one server", async () => {
  await onTcpNet({}, (net) => {
    const { machine } = net.host("a");
    const ports = new Ports(machine);
    const chosen = new Set<number>();
    const connect = (remotePort: number) => {
      const to = { remoteAddress: "10.0.0.9", remotePort };
      const { ends, binding } = ports.forConnection(
        { ...to, localAddress: undefined, localPort: undefined },
        (ends) => ends.remotePort === 80 && chosen.has(ends.localPort),
      );
      ports.add(binding);
      return ends.localPort;
    };
    for (let i = 0; i < 28_232; i++) chosen.add(connect(80));
    assertEquals(chosen.size, 28_232);
    assertEquals(Math.min(...chosen), 32_768);
    assertEquals(Math.max(...chosen), 60_999);
    assertThrows(() => connect(80), Error, "EADDRNOTAVAIL");
    assert(chosen.has(connect(81)), "shared with another connection");
    const wanted = { address: "10.0.0.1", port: 0 };
    assertThrows(() => ports.forListener(wanted), Error, "EADDRINUSE");
    return Promise.resolve();
  });
});

Deno.test("calls of the TCP model fail with EMFILE at the limit of sockets", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a", { maxSockets: 2 });
    const b = net.host("b", { maxSockets: 2 });
    const to = { hostname: b.v4, port: 80 };
    using listener = await b.listen(to);
    using one = await a.connect(to);
    using two = await a.connect(to);
    assertEquals(await codeOf(a.connect(to)), "EMFILE");
    assertEquals(await codeOf(a.listen({ port: 80 })), "EMFILE");
    const first = await listener.accept();
    assertEquals(await codeOf(listener.accept()), "EMFILE");
    first.close();
    using second = await listener.accept();
    assertEquals(second.remoteAddr.port, two.localAddr.port);
    one.close();
    one.close();
    using _three = await a.connect(to);
    assertEquals(await codeOf(a.connect(to)), "EMFILE");
  });
});

Deno.test("a failed connect() of the TCP model frees its port and its socket", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a", { maxSockets: 1 });
    const b = net.host("b");
    const to = { hostname: b.v4, port: 80, localPort: 1000 };
    for (let i = 0; i < 3; i++) {
      assertEquals(await codeOf(a.connect(to)), "ECONNREFUSED");
    }
    net.cut(a, b);
    assertEquals(await codeOf(a.connect({ ...to, timeout: 50 })), "ETIMEDOUT");
    await sleep(1);
    net.heal(a, b);
    using _listener = await b.listen({ hostname: b.v4, port: 80 });
    using _client = await a.connect(to);
  });
});

Deno.test("hosts of the TCP model choose other ports after a restart", async () => {
  await onTcpNet({}, async (net) => {
    const { a, b, client } = await net.pair();
    a.restart();
    using second = await a.connect({ hostname: b.v4, port: 80 });
    assert(second.localAddr.port !== client.localAddr.port);
    assert(net.now < 10, "the old connection at the server is not in the way");
  });
});

Deno.test("a loop of failing calls of the TCP model does not stop the clock", async () => {
  await onTcpNet({}, async (net) => {
    const a = net.host("a", { maxSockets: 2 });
    const to = { hostname: a.v4, port: 80 };
    const listener = await a.listen(to);
    setTimeout(() => listener.close(), 1);
    let failures = 0;
    while (await codeOf(a.listen(to)) === "EADDRINUSE") failures++;
    assert(failures > 10 && net.now < 2, `${failures} in ${net.now} ms`);
    using _conn = await a.connect(to);
    while (net.now < 3) {
      assertEquals(await codeOf(a.connect(to)), "EMFILE");
    }
  });
});
