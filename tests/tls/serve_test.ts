import { setImmediate } from "node:timers";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProtocolError, type SocketError } from "@berkeley/sockets/errors";
import { connectTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "@berkeley/sockets/testing";
import {
  connectTls,
  serveTls,
  type ServeTlsOptions,
  type TlsConn,
} from "@berkeley/sockets/tls";
import { bytes, until } from "../_each_stream.ts";
import {
  CLIENT,
  eachCarrier,
  failure,
  good,
  SERVER,
  stranger,
} from "./_tls.ts";

const LOCAL = { hostname: "127.0.0.1", port: 0, ...SERVER };

/** Answers each line with itself. */
async function echo(conn: TlsConn): Promise<void> {
  for await (const line of conn.lines()) await conn.send(bytes(`${line}\n`));
}

eachCarrier(
  "serveTls() serves connections whose handshake is done",
  async ({ host, carrier, loopback: hostname, connect }) => {
    const options: ServeTlsOptions = {
      ...{ ...LOCAL, hostname, backend: carrier },
      alpnProtocols: ["echo"],
    };
    await using server = await host.serveTls(options, echo);
    const clients = await Promise.all(
      Array.from(
        { length: 5 },
        () => connect(server.addr, { alpnProtocols: ["echo"] }),
      ),
    );
    await Promise.all(clients.map(async (client, i) => {
      assertEquals(client.alpnProtocol, "echo");
      await client.send(bytes(`line ${i}\n`));
      assertEquals(await client.readLine(), `line ${i}`);
      await client.closeGracefully();
    }));
    await until(() => server.stats.active === 0);
    assertEquals(server.stats.accepted, 5);
    assertEquals(server.stats.failed, 0);
  },
);

eachCarrier(
  "serveTls() gives broken handshakes to onError, and never to the handler",
  async ({ host, carrier, loopback: hostname, connect }) => {
    const errors: unknown[] = [];
    let served = 0;
    await using server = await host.serveTls({
      ...{ ...LOCAL, hostname, backend: carrier },
      onError: (error, conn) => errors.push(error, conn),
    }, async (conn) => {
      served++;
      await echo(conn);
    });
    using plain = await host.connectTcp(server.addr);
    await plain.send(bytes("not a ClientHello\n"));
    await until(() => errors.length === 2);
    const [broken] = errors.splice(0);
    assert(broken instanceof ProtocolError, Deno.inspect(broken));

    await assertRejects(() =>
      connect(server.addr, { caCerts: [stranger.cert] })
    );
    await until(() => errors.length === 2);
    assertEquals([served, server.stats.accepted], [0, 0]);

    using client = await connect(server.addr);
    await client.send(bytes("hello\n"));
    assertEquals(await client.readLine(), "hello");
    assertEquals(served, 1);
  },
);

eachCarrier(
  "serveTls() gives handshakes that take too long to onError",
  async ({ host, carrier, loopback: hostname }) => {
    const errors: unknown[] = [];
    await using server = await host.serveTls({
      ...{ ...LOCAL, hostname, backend: carrier },
      handshakeTimeout: 20,
      onError: (error, conn) => errors.push(error, conn),
    }, echo);
    using _stalled = await host.connectTcp(server.addr);
    await until(() => errors.length === 2);
    const [late, conn] = errors;
    assertEquals((late as SocketError).code, "ETIMEDOUT");
    assertEquals(conn, undefined);
  },
);

/** How many turns of the event loop some work takes. */
async function turnsOf(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work().finally(() => isOver = true);
  await new Promise<void>((resolve) => setImmediate(resolve));
  return turns;
}

/** How many turns it takes at best to connect, and to have a line answered. */
async function bestTurns(connect: () => Promise<TlsConn>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    const turns = await turnsOf(async () => {
      using client = await connect();
      await client.send(bytes("hello\n"));
      assertEquals(await client.readLine(), "hello");
    });
    best = Math.min(best, turns);
  }
  return best;
}

eachCarrier(
  "serveTls() serves beside a hundred stalled handshakes as it does alone",
  async ({ host, carrier, loopback: hostname, connect }) => {
    const errors: unknown[] = [];
    await using server = await host.serveTls({
      ...{ ...LOCAL, hostname, backend: carrier },
      handshakeTimeout: 0,
      onError: (error) => errors.push(error),
    }, echo);
    const connectOnce = () => connect(server.addr);
    const alone = await bestTurns(connectOnce);
    const stalled = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const conn = await host.connectTcp(server.addr);
        // Half of them send the beginning of a ClientHello.
        if (i % 2 === 0) await conn.send(new Uint8Array([22, 3, 1, 2, 0, 1]));
        return conn;
      }),
    );
    // No stalled handshake ever ends: if one held up others, this would not, either.
    const beside = await bestTurns(connectOnce);
    assertEquals(errors, []);
    // Over "deno" the turns count how long the kernel delays an acknowledgement.
    if (carrier === "node") {
      assert(beside < alone * 10, `${beside} turns beside, ${alone} alone`);
    }
    for (const conn of stalled) conn.close();
    await until(() => errors.length === stalled.length);
  },
);

eachCarrier(
  "serveTls() stops accepting at maxConnections, and drops nobody",
  async ({ host, carrier, loopback: hostname, connect }) => {
    let most = 0;
    await using server = await host.serveTls({
      ...{ ...LOCAL, hostname, backend: carrier },
      maxConnections: 2,
    }, async (conn) => {
      most = Math.max(most, server.stats.active);
      await echo(conn);
    });
    await Promise.all(Array.from({ length: 8 }, async (_, i) => {
      using client = await connect(server.addr);
      await client.send(bytes(`${i}\n`));
      assertEquals(await client.readLine(), `${i}`);
      await client.closeGracefully();
    }));
    assertEquals([most, server.stats.accepted], [2, 8]);
  },
);

eachCarrier(
  "shutdown() ends the server, and handshakes that have not ended",
  async ({ host, carrier, loopback: hostname, connect }) => {
    const errors: unknown[] = [];
    const server = await host.serveTls({
      ...{ ...LOCAL, hostname, backend: carrier },
      onError: (error) => errors.push(error),
    }, echo);
    using stalled = await host.connectTcp(server.addr);
    using client = await connect(server.addr);
    await client.send(bytes("hello\n"));
    assertEquals(await client.readLine(), "hello");
    const stopping = server.shutdown();
    await client.closeWrite();
    assertEquals(await client.readLine(), null);
    await stopping;
    await server.finished;
    assertEquals(errors, []);
    stalled.close();
  },
);

Deno.test({
  name: "TlsServer changes its certificate while it serves",
  permissions: { net: true },
  async fn() {
    const next = await makeCertificate({ issuer: stranger });
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    await using server = await serveTls({ ...LOCAL, onError }, echo);
    using before = await connectTls({ ...server.addr, ...CLIENT });
    server.setCertificate(next);
    const refused = await failure(connectTls({ ...server.addr, ...CLIENT }));
    assertEquals((refused as SocketError).code, "ECERTISSUER");
    using after = await connectTls({
      ...server.addr,
      caCerts: [stranger.cert],
    });
    for (const client of [before, after]) {
      await client.send(bytes("hello\n"));
      assertEquals(await client.readLine(), "hello");
    }
    await until(() => errors.length === 1);
  },
});

Deno.test({
  name: "serveTls() writes the errors of handshakes to the console by default",
  permissions: { net: true },
  async fn() {
    const logged: unknown[] = [];
    const { error: log } = console;
    console.error = (...args: unknown[]) => logged.push(...args);
    try {
      await using server = await serveTls(LOCAL, echo);
      using plain = await connectTcp(server.addr);
      await plain.send(bytes("not a ClientHello\n"));
      await until(() => logged.length === 1);
    } finally {
      console.error = log;
    }
    assert(logged[0] instanceof ProtocolError, Deno.inspect(logged));
  },
});

Deno.test({
  name: "serveTls() rejects bad options and handlers",
  permissions: { net: true },
  async fn() {
    const bad: [object, unknown, RegExp][] = [
      [{}, undefined, /handler must be a function/],
      [{ maxConnections: 0 }, echo, /maxConnections 0/],
      [{ onListen: 1 }, echo, /onListen 1/],
      [{ onError: 1 }, echo, /onError 1/],
      [{ key: undefined }, echo, /key is missing/],
    ];
    for (const [options, handler, text] of bad) {
      const given = { ...LOCAL, ...options } as ServeTlsOptions;
      const error = await failure(serveTls(given, handler as typeof echo));
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(text.test(error.message), error.message);
    }
    const reason = new Error("thrown by onListen");
    const onListen = () => {
      throw reason;
    };
    const { cert, key } = good;
    const given = { ...LOCAL, cert, key, onListen };
    assertEquals(await failure(serveTls(given, echo)), reason);
  },
});
