/** Clients wait until they are accepted; none is dropped. */
import { assert, assertEquals } from "@std/assert";
import { connectTcp, serveTcp } from "@berkeley/sockets/tcp";
import { bytes, eachTransport } from "../_each_stream.ts";

// Takes a second or more; tests/testing/sim/connect_twins_test.ts does the same in
// virtual time.
Deno.test({
  name:
    "serveTcp() answers all clients with fewer maxConnections and a short backlog",
  permissions: { net: true },
  async fn() {
    let most = 0;
    await using server = await serveTcp({
      hostname: "127.0.0.1",
      port: 0,
      backlog: 8,
      maxConnections: 2,
    }, async (conn) => {
      most = Math.max(most, server.stats.active);
      await conn.send(bytes(`${await conn.readLine()}\n`));
    });
    // More than both take. The kernel drops the first packets of the rest, and they
    // come again after 1, 3, 7, 15 and 31 seconds: on a busy machine no more than
    // the backlog gets in each time.
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        using conn = await connectTcp(server.addr);
        await conn.send(bytes(`client ${i}\n`));
        return await conn.readLine({ timeout: 60_000 });
      }),
    );
    assertEquals(answers, answers.map((_, i) => `client ${i}`));
    assert(most <= 2, `${most}`);
  },
});

eachTransport(
  "listenTcp() keeps one client more than its backlog waiting, as Linux does",
  async ({ listen, connect }) => {
    using listener = await listen({ backlog: 4 });
    using clients = new DisposableStack();
    const waiting = [];
    for (let i = 0; i < 5; i++) {
      const client = clients.use(await connect(listener.addr));
      await client.send(bytes(`client ${i}\n`));
      waiting.push(client);
    }
    for (const client of waiting) {
      using server = await listener.accept({ timeout: 60_000 });
      assertEquals(server.remoteAddr, client.localAddr);
      await server.send(bytes(`${await server.readLine()}\n`));
    }
    const answers = await Promise.all(waiting.map((c) => c.readLine()));
    assertEquals(answers, waiting.map((_, i) => `client ${i}`));
  },
);
