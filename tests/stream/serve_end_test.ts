/** The end of a server, in every state. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { TcpServer } from "@berkeley/sockets/tcp";
import { SocketError } from "@berkeley/sockets/errors";
import { allTransports, bytes, eachTransport, until } from "../_each_stream.ts";

allTransports(
  "a handler can shut its own server down, although another never ends",
  async ({ connect, serve }) => {
    const isDown = Promise.withResolvers<void>();
    const server: TcpServer = await serve({}, async (conn) => {
      if (await conn.readLine() !== "quit") return new Promise(() => {});
      await server.shutdown({ timeout: 1 });
      isDown.resolve();
    });
    using stuck = await connect(server.addr);
    using quitting = await connect(server.addr);
    await stuck.send(bytes("stay\n"));
    await quitting.send(bytes("quit\n"));
    assertEquals(await stuck.read(new Uint8Array(1)), null);
    assertEquals(await quitting.read(new Uint8Array(1)), null);
    await isDown.promise;
    await until(() => server.stats.active === 1);
  },
);

eachTransport(
  "shutdown() at maxConnections drops those that wait for accept",
  async ({ connect, serve }) => {
    const server = await serve(
      { maxConnections: 1 },
      async (conn) => void await conn.readLine(),
    );
    using served = await connect(server.addr);
    await until(() => server.stats.active === 1);
    using waiting = await connect(server.addr);
    const stopping = [server.shutdown(), server.shutdown()];
    await served.send(bytes("go\n"));
    await Promise.all(stopping);
    await server.shutdown({ timeout: 0 });
    assertEquals(server.stats.accepted, 1);
    const end = await waiting.read(new Uint8Array(1)).catch((error) => error);
    assert(end === null || end instanceof SocketError, String(end));
  },
);

eachTransport(
  "a signal that aborts while the server gets to listen stops it",
  async ({ serve }) => {
    for (let turns = 0; turns < 12; turns++) {
      const stop = new AbortController();
      const serving = serve({ signal: stop.signal }, () => {});
      for (let i = 0; i < turns; i++) await undefined;
      stop.abort("stop");
      const server = await serving.catch((reason) => {
        assertEquals(reason, "stop");
      });
      await server?.finished;
    }
  },
);

eachTransport(
  "an onListen that throws leaves no server behind",
  async ({ serve, host }) => {
    let addr: Deno.NetAddr | undefined;
    const onListen = (told: Deno.NetAddr) => {
      addr = told;
      throw new Error("not today");
    };
    await assertRejects(
      () => serve({ onListen }, () => {}),
      Error,
      "not today",
    );
    await assertRejects(
      () => host.connectTcp({ ...addr!, timeout: 5000 }),
      SocketError,
    );
  },
);
