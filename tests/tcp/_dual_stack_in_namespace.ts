/** Run by dual_stack_test.ts in a namespace where sockets on `::` take IPv6 only. */
import { assertEquals, assertRejects } from "@std/assert";
import { connectTcp, listenTcp, serveTcp } from "@berkeley/sockets/tcp";
import { AddressInUseError, ClosedError } from "@berkeley/sockets/errors";
import { requireNewNamespace, run } from "../_namespace.ts";
import { BACKENDS, bytes } from "../_each_stream.ts";

requireNewNamespace();
run("ip", "link", "set", "lo", "up");
Deno.writeTextFileSync("/proc/sys/net/ipv6/bindv6only", "1");

const LOOPBACK = ["127.0.0.1", "::1", "::1", "127.0.0.1", "127.0.0.1", "::1"];

for (const backend of BACKENDS) {
  Deno.test(`listenTcp() on :: takes both families, over ${backend}`, async () => {
    await using listener = await listenTcp({
      hostname: "::",
      port: 0,
      backend,
    });
    const { port } = listener.addr;
    assertEquals(listener.addr.hostname, "::");
    for (const hostname of LOOPBACK) {
      const accepting = listener.accept({ timeout: 20_000 });
      using client = await connectTcp({ hostname, port });
      using server = await accepting;
      assertEquals(server.remoteAddr, client.localAddr);
      assertEquals(server.localAddr.hostname, hostname);
    }
    // Both at once: none is lost.
    using a = await connectTcp({ hostname: "127.0.0.1", port });
    using b = await connectTcp({ hostname: "::1", port });
    using first = await listener.accept({ timeout: 20_000 });
    using second = await listener.accept({ timeout: 20_000 });
    assertEquals(
      [first, second].map(({ remoteAddr }) => remoteAddr.port).sort(),
      [a, b].map(({ localAddr }) => localAddr.port).sort(),
    );
    const pending = assertRejects(() => listener.accept(), ClosedError);
    await listener[Symbol.asyncDispose]();
    await pending;
    await using again = await listenTcp({ hostname: "::", port, backend });
    assertEquals(again.addr.port, port);
  });

  Deno.test(`listenTcp() on :: rejects if the port is taken on IPv6, over ${backend}`, async () => {
    using taken = await listenTcp({ hostname: "::1", port: 0 });
    await assertRejects(
      () => listenTcp({ hostname: "::", port: taken.addr.port, backend }),
      AddressInUseError,
    );
  });

  Deno.test(`serveTcp() on :: answers both families, and ends, over ${backend}`, async () => {
    const server = await serveTcp(
      { hostname: "::", port: 0, backend },
      async (conn) => await conn.send(bytes(`${conn.remoteAddr.hostname}\n`)),
    );
    for (const hostname of LOOPBACK) {
      using conn = await connectTcp({ hostname, port: server.addr.port });
      assertEquals(await conn.readLine({ timeout: 20_000 }), hostname);
    }
    await server.shutdown();
    assertEquals(server.stats.accepted, LOOPBACK.length);
  });
}
