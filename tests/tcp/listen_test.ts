import { assert, assertEquals, assertRejects } from "@std/assert";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import {
  AddressInUseError,
  AddressNotAvailableError,
  AddrInfoError,
  ClosedError,
  ConnectionResetError,
  NotCapableError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { BACKENDS, eachTransport, withPortOfOurs } from "../_each_stream.ts";

eachTransport(
  "accept() that is given up loses no connection",
  async ({ listen, connect }) => {
    using listener = await listen();
    await assertRejects(() => listener.accept({ timeout: 1 }), TimedOutError);
    const giveUp = new AbortController();
    const aborted = listener.accept({ signal: giveUp.signal });
    giveUp.abort("enough");
    await aborted.then(
      () => assert(false),
      (why) => assertEquals(why, "enough"),
    );
    using a = await connect(listener.addr);
    using b = await connect(listener.addr);
    using first = await listener.accept();
    using second = await listener.accept();
    assertEquals(
      [first.remoteAddr.port, second.remoteAddr.port].sort(),
      [a.localAddr.port, b.localAddr.port].sort(),
    );
  },
);

eachTransport(
  "accept() survives connections that were reset before",
  async ({ listen, connect }) => {
    using listener = await listen();
    for (let i = 0; i < 3; i++) {
      const client = await connect(listener.addr, { backend: "node" });
      client.reset();
    }
    using client = await connect(listener.addr);
    for (;;) { // some backends give the others, too
      using server = await listener.accept({ timeout: 20_000 });
      if (server.remoteAddr.port === client.localAddr.port) break;
      await assertRejects(() => server.readExact(1), ConnectionResetError);
    }
  },
);

eachTransport(
  "a listener that does not keep the program alive can be waited for",
  async ({ listen, connect }) => {
    const listener = await listen();
    listener.unref();
    const served = Array.fromAsync(listener, (conn) => conn.close());
    using client = await connect(listener.addr);
    assertEquals(await client.read(new Uint8Array(1)), null);
    await listener[Symbol.asyncDispose]();
    assertEquals((await served).length, 1);
  },
);

eachTransport(
  "accepts are served in the order of their calls",
  async ({ listen, connect }) => {
    using listener = await listen();
    const accepts = [listener.accept(), listener.accept(), listener.accept()];
    const ports: number[] = [];
    const conns = [];
    for (let i = 0; i < 3; i++) {
      const client = await connect(listener.addr);
      ports.push(client.localAddr.port);
      const server = await accepts[i]!;
      assertEquals(server.remoteAddr.port, ports[i]);
      conns.push(client, server);
    }
    for (const conn of conns) conn.close();
  },
);

eachTransport(
  "close() settles pending accepts, ends iteration and frees the port",
  async ({ listen, connect }) => {
    const listener = await listen();
    const pending = listener.accept();
    const iterating = Array.fromAsync(listener);
    listener.close();
    listener.close();
    await assertRejects(() => pending, ClosedError, "the listener is closed");
    assertEquals(await iterating, []);
    await assertRejects(() => listener.accept(), ClosedError);
    assert(listener.isClosed);
    using again = await listen({ port: listener.addr.port });
    using conn = await connect(again.addr);
    using _ = await again.accept();
    assertEquals(conn.remoteAddr.port, listener.addr.port);
  },
);

eachTransport(
  "a port can be bound again with its connections in TIME_WAIT",
  async ({ listen, connect }) => {
    await withPortOfOurs(async () => {
      let port = 0;
      for (let round = 0; round < 3; round++) {
        using listener = await listen({ port });
        port = listener.addr.port;
        using client = await connect(listener.addr);
        const server = await listener.accept();
        server.close(); // the side that closes first is the one that waits
        assertEquals(await client.read(new Uint8Array(1)), null);
      }
    });
  },
);

eachTransport(
  "connections live on when their listener is closed",
  async ({ pair }) => {
    using ends = await pair();
    await ends.client.writeAll(new Uint8Array([9]));
    assertEquals([...await ends.server.readExact(1)], [9]);
  },
);

eachTransport(
  "listenTcp() rejects when the port is in use",
  async ({ listen }) => {
    using listener = await listen();
    const error = await assertRejects(
      () => listen({ port: listener.addr.port }),
      AddressInUseError,
      "address already in use (EADDRINUSE)",
    );
    assert(error instanceof Deno.errors.AddrInUse);
    assertEquals((error as AddressInUseError).syscall, "bind");
  },
);

eachTransport(
  "listenTcp() rejects an address that is not this host's",
  async ({ listen, family }) => {
    const { syscall } = await assertRejects(
      () => listen({ hostname: family === 4 ? "192.0.2.1" : "2001:db8::1" }),
      AddressNotAvailableError,
    );
    assertEquals(syscall, "bind");
  },
);

eachTransport(
  "listenTcp() refuses bad options before anything is opened",
  async ({ listen }) => {
    await assertRejects(() => listen({ port: 65_536 }), RangeError);
    await assertRejects(() => listen({ port: -1 }), RangeError);
    await assertRejects(() => listen({ backlog: 0 }), RangeError);
    await assertRejects(() => listen({ hostname: "" }), AddrInfoError);
    await assertRejects(() => listen({ hostname: "a b" }), AddrInfoError);
    await assertRejects(() => listen({ timeout: NaN }), RangeError);
    const signal = AbortSignal.abort("no");
    await listen({ signal }).then(
      () => assert(false),
      (why) => assertEquals(why, "no"),
    );
  },
);

eachTransport(
  "listenTcp() takes a name and a backlog",
  async ({ listen, connect, family }) => {
    using listener = await listen({
      hostname: "localhost",
      family,
      backlog: 1,
    });
    using client = await connect(listener.addr);
    using server = await listener.accept();
    assertEquals(client.localAddr, server.remoteAddr);
  },
);

for (const backend of BACKENDS) {
  Deno.test({
    name: `a dual-stack listener reports IPv4 peers as IPv4, over ${backend}`,
    permissions: { net: true, ffi: backend === "posix" },
    async fn() {
      using listener = await listenTcp({ hostname: "::", port: 0, backend });
      for (const hostname of ["127.0.0.1", "::1"]) {
        using client = await connectTcp({ hostname, port: listener.addr.port });
        using server = await listener.accept();
        assertEquals(server.remoteAddr, client.localAddr);
        assertEquals(server.localAddr.hostname, hostname);
      }
    },
  });

  Deno.test({
    name: `listenTcp() without --allow-net says so, over ${backend}`,
    permissions: { net: false, ffi: backend === "posix" },
    async fn() {
      await assertRejects(
        () => listenTcp({ hostname: "127.0.0.1", port: 0, backend }),
        NotCapableError,
        "--allow-net",
      );
      await assertRejects(
        () => connectTcp({ port: 1, backend }),
        NotCapableError,
        "--allow-net",
      );
    },
  });
}
