import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connectTcp,
  serveTcp,
  type ServeTcpOptions,
  type TcpConn,
  type TcpHandler,
  type TcpServer,
} from "@berkeley/sockets/tcp";
import { SocketError } from "@berkeley/sockets/errors";
import { bytes, eachTransport, readAll, text, until } from "../_each_stream.ts";

const echo: TcpHandler = async (conn) => {
  const buffer = new Uint8Array(16 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    await conn.writeAll(buffer.subarray(0, n));
  }
};

/** Registers a test of a server on each transport and family. */
function eachServer(
  name: string,
  body: (
    serve: (
      handler: TcpHandler,
      options?: Partial<ServeTcpOptions>,
    ) => Promise<TcpServer>,
    connect: (addr: Deno.NetAddr) => Promise<TcpConn>,
  ) => Promise<void>,
): void {
  eachTransport(
    name,
    ({ serve, connect }) =>
      body((handler, options = {}) => serve(options, handler), connect),
  );
}

eachServer("serveTcp() serves many clients at once", async (serve, connect) => {
  await using server = await serve(echo);
  await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    using conn = await connect(server.addr);
    await conn.send(bytes(`client ${i}`));
    await conn.closeWrite();
    assertEquals(text(await readAll(conn)), `client ${i}`);
  }));
  await until(() => server.stats.active === 0);
  const { accepted, failed, bytesRead, bytesWritten } = server.stats;
  assertEquals([accepted, failed], [20, 0]);
  assertEquals(bytesRead, 170);
  assertEquals(bytesWritten, 170);
});

eachServer(
  "what a handler has sent leaves after it returns",
  async (serve, connect) => {
    await using server = await serve((conn) => {
      conn.send(bytes("bye"));
    });
    using conn = await connect(server.addr);
    assertEquals(text(await readAll(conn)), "bye");
  },
);

eachServer(
  "a handler that throws takes down its own connection only",
  async (serve, connect) => {
    const errors: [unknown, TcpConn | undefined][] = [];
    await using server = await serve(async (conn) => {
      if (await conn.readLine() === "boom") throw new Error("boom");
      await conn.send(bytes("fine"));
    }, { onError: (error, conn) => errors.push([error, conn]) });
    using good = await connect(server.addr);
    using bad = await connect(server.addr);
    await bad.send(bytes("boom\n"));
    assertEquals(await bad.read(new Uint8Array(1)), null);
    await good.send(bytes("go\n"));
    assertEquals(text(await readAll(good)), "fine");
    assertEquals(errors.length, 1);
    assertEquals((errors[0]![0] as Error).message, "boom");
    assert(errors[0]![1]!.isClosed);
    assertEquals(server.stats.failed, 1);
  },
);

eachServer("an onError that throws harms nobody", async (serve, connect) => {
  const logged: unknown[] = [];
  const original = console.error;
  console.error = (error: unknown) => logged.push(error);
  try {
    await using server = await serve(() => {
      throw new Error("handler");
    }, {
      onError() {
        throw new Error("onError");
      },
    });
    using conn = await connect(server.addr);
    assertEquals(await conn.read(new Uint8Array(1)), null);
    await until(() => logged.length === 1);
  } finally {
    console.error = original;
  }
  assertEquals((logged[0] as Error).message, "onError");
});

eachServer(
  "maxConnections holds the others back, and drops none",
  async (serve, connect) => {
    let most = 0;
    let active = 0;
    await using server = await serve(async (conn) => {
      most = Math.max(most, ++active);
      await conn.readLine();
      await conn.send(bytes("served"));
      active--;
    }, { maxConnections: 2 });
    const conns = await Promise.all(
      Array.from({ length: 6 }, () => connect(server.addr)),
    );
    for (const conn of conns) await conn.send(bytes("go\n"));
    for (const conn of conns) {
      using _ = conn;
      assertEquals(text(await readAll(conn)), "served");
    }
    assertEquals(most, 2);
    assertEquals(server.stats.accepted, 6);
  },
);

eachServer(
  "idle connections are closed, busy ones are not",
  async (serve, connect) => {
    for (let idleTimeout = 60;; idleTimeout *= 2) {
      await using server = await serve(echo, { idleTimeout });
      using idle = await connect(server.addr);
      using busy = await connect(server.addr);
      const ended = idle.read(new Uint8Array(1));
      let isEnded = false;
      ended.then(() => isEnded = true, () => {});
      // On a busy machine, the test itself may be idle for too long: then it gets
      // more time.
      let wasLate = false;
      let last = performance.now();
      try {
        for (let i = 0; !isEnded && i < 5000; i++) {
          await busy.send(bytes("x"));
          assertEquals(text(await busy.readExact(1)), "x");
          const now = performance.now();
          wasLate ||= now - last > idleTimeout / 2;
          last = now;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assertEquals(await ended, null);
        assert(server.stats.idled >= 1);
        assertEquals(server.stats.failed, 0);
        return;
      } catch (error) {
        wasLate ||= performance.now() - last > idleTimeout / 2;
        if (!wasLate || idleTimeout > 2000) throw error;
      }
    }
  },
);

eachServer(
  "shutdown() stops accepting and waits for the handlers",
  async (serve, connect) => {
    const server = await serve(echo);
    using conn = await connect(server.addr);
    await conn.send(bytes("x"));
    await conn.readExact(1);
    let isFinished = false;
    server.finished.then(() => isFinished = true);
    const stopping = server.shutdown();
    // The kernel may have queued it just before the runtime let go of the port.
    const error = await assertRejects(() => connect(server.addr), SocketError);
    assert(["ECONNREFUSED", "ECONNRESET"].includes(error.code), error.code);
    assert(!isFinished);
    await conn.send(bytes("still served"));
    await conn.closeWrite();
    assertEquals(text(await readAll(conn)), "still served");
    await stopping;
    assert(isFinished);
  },
);

eachServer(
  "shutdown({ timeout }) tells and closes those that do not end",
  async (serve, connect) => {
    const reasons: unknown[] = [];
    const server = await serve((conn, { signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return conn.readExact(1).then(() => {});
    }, { onError: (error) => reasons.push(error) });
    using conn = await connect(server.addr);
    await until(() => server.stats.active === 1);
    await server.shutdown({ timeout: 10 });
    assertEquals(await conn.read(new Uint8Array(1)), null);
    assertEquals(reasons.length, 1);
    assert(reasons[0] instanceof SocketError);
    assertEquals(server.stats.active, 0);
  },
);

eachServer("aborting the signal shuts down at once", async (serve, connect) => {
  const stop = new AbortController();
  const server = await serve(echo, { signal: stop.signal });
  using conn = await connect(server.addr);
  await until(() => server.stats.active === 1);
  stop.abort();
  await server.finished;
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

Deno.test({
  name: "serveTcp() tells where it listens, and refuses bad options",
  permissions: { net: true },
  async fn() {
    let told: Deno.NetAddr | undefined;
    await using server = await serveTcp(
      { hostname: "127.0.0.1", port: 0, onListen: (addr) => told = addr },
      echo,
    );
    assertEquals(told, server.addr);
    for (
      const bad of [{ maxConnections: 0 }, { idleTimeout: -1 }, { port: -1 }]
    ) {
      await assertRejects(
        () => serveTcp({ port: 0, ...bad }, echo),
        RangeError,
      );
    }
    using conn = await connectTcp(server.addr);
    await conn.closeWrite();
    assertEquals(await conn.read(new Uint8Array(1)), null);
  },
});

Deno.test({
  name: "serveTcp() survives having no descriptor left",
  ignore: Deno.build.os === "windows",
  async fn() {
    const mod = new URL("../../mod.ts", import.meta.url).href;
    // The child lowers its own limit, connects until nothing is left, and then
    // lets go: every client must be served in the end.
    const script = `
      import { connectTcp, serveTcp } from "${mod}";
      // The runtime prepares for signals when it first needs to, and panics where
      // it then has no descriptor left.
      const ignore = () => {};
      Deno.addSignalListener("SIGUSR1", ignore);
      Deno.removeSignalListener("SIGUSR1", ignore);
      let acceptErrors = 0;
      const server = await serveTcp({ hostname: "127.0.0.1", port: 0,
        onError: (error) => { if (error.code === "EMFILE") acceptErrors++; } },
        async (conn) => { await conn.readLine(); await conn.send(new TextEncoder().encode("ok\\n")); });
      const conns = [];
      let refused = 0;
      for (let i = 0; i < 400 && (refused === 0 || acceptErrors === 0); i++) {
        try { conns.push(await connectTcp(server.addr)); }
        catch (error) { if (error.code !== "EMFILE") throw error; refused++; }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      let served = 0;
      for (const conn of conns.splice(0)) {
        await conn.send(new TextEncoder().encode("go\\n"));
        if (await conn.readLine({ timeout: 20000 }) === "ok") served++;
        else throw new Error("not served");
        conn.close();
      }
      await server.shutdown();
      console.log(refused > 0, acceptErrors > 0, served === server.stats.accepted, served > 10);
    `;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(file, script);
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          'ulimit -n 160; exec "$0" run --quiet --no-prompt --no-config --no-check --allow-net "$1"',
          Deno.execPath(),
          file,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      const decoder = new TextDecoder();
      assertEquals(
        decoder.decode(stdout) + decoder.decode(stderr),
        "true true true true\n",
      );
    } finally {
      await Deno.remove(file);
    }
  },
});

eachServer(
  "what a handler has sent without waiting leaves before the close",
  async (serve, connect) => {
    const size = 32 * 1024 * 1024;
    await using server = await serve((conn) => {
      conn.send(new Uint8Array(size)).catch(() => {});
    });
    using conn = await connect(server.addr);
    await until(() => server.stats.accepted === 1);
    let received = 0;
    const buffer = new Uint8Array(256 * 1024);
    for (let n; (n = await conn.read(buffer)) !== null;) received += n;
    assertEquals(received, size);
  },
);

// Takes 5 seconds; tests/testing/sim/serve_twins_test.ts does the same in virtual time.
Deno.test({
  name: "shutdown({ timeout }) ends what a peer does not read",
  permissions: { net: true },
  async fn() {
    const options = { hostname: "127.0.0.1", port: 0 };
    const server = await serveTcp(options, (conn) => {
      conn.send(new Uint8Array(32 * 1024 * 1024)).catch(() => {});
    });
    using _conn = await connectTcp(server.addr);
    await until(() => server.stats.accepted === 1);
    await server.shutdown({ timeout: 10 });
    assertEquals(server.stats.active, 0);
  },
});
