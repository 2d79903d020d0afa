import { assertEquals, assertRejects } from "@std/assert";
import { NotConnectedError } from "@berkeley/sockets/errors";
import type { UnixConn } from "@berkeley/sockets/unix";
import { bytes, readAll, text, until } from "../_each_stream.ts";
import { eachName, isFree } from "./_setup.ts";

const echo = async (conn: UnixConn) => {
  const buffer = new Uint8Array(16 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    await conn.writeAll(buffer.subarray(0, n));
  }
};

eachName("serveUnix() serves many clients at once", async (setup) => {
  const { path, serve, connect } = setup;
  let heard: Deno.UnixAddr | undefined;
  const onListen = (addr: Deno.UnixAddr) => heard = addr;
  {
    await using server = await serve({ onListen }, echo);
    assertEquals<unknown>(heard, { transport: "unix", path });
    assertEquals(server.addr, heard!);
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      await using conn = await connect();
      await conn.send(bytes(`client ${i}`));
      await conn.closeWrite();
      assertEquals(text(await readAll(conn)), `client ${i}`);
    }));
    await until(() => server.stats.active === 0);
    const { accepted, failed, bytesRead, bytesWritten } = server.stats;
    assertEquals([accepted, failed, bytesRead, bytesWritten], [
      20,
      0,
      170,
      170,
    ]);
  }
  assertEquals(await isFree(setup), true);
});

eachName("serveUnix() holds further clients back at maxConnections", async ({
  serve,
  connect,
}) => {
  await using server = await serve({ maxConnections: 2 }, echo);
  const clients = await Promise.all([connect(), connect(), connect()]);
  await until(() => server.stats.active === 2);
  assertEquals(server.stats.accepted, 2);
  for (const client of clients) await client[Symbol.asyncDispose]();
  await until(() => server.stats.accepted === 3);
});

eachName("serveUnix() has finished once its name is free", async (setup) => {
  const { serve } = setup;
  const stop = new AbortController();
  const { signal } = stop;
  const server = await serve({ signal }, echo);
  stop.abort();
  await server.finished;
  assertEquals(await isFree(setup), true);
});

eachName("serveUnix() shuts down when its signal aborts", async (setup) => {
  const { serve, connect } = setup;
  const giveUp = new AbortController();
  const { signal } = giveUp;
  const server = await serve({ signal }, echo);
  await using client = await connect();
  await until(() => server.stats.active === 1);
  giveUp.abort();
  await server.finished;
  assertEquals(await client.read(new Uint8Array(1)), null);
  assertEquals(await isFree(setup), true);
});

eachName("serveUnix() leaves nothing open when it rejects", async (setup) => {
  const { serve } = setup;
  const onListen = () => {
    throw new NotConnectedError("no", "ENOTCONN");
  };
  await assertRejects(
    () => serve({ onListen }, echo),
    NotConnectedError,
  );
  assertEquals(await isFree(setup), true);
  const reason = await serve(
    { signal: AbortSignal.abort("the reason") },
    echo,
  ).catch((error) => error);
  assertEquals(reason, "the reason");
  const bad: [options: object, handler: unknown, error: ErrorConstructor][] = [
    [{ maxConnections: 0 }, echo, RangeError],
    [{ idleTimeout: -1 }, echo, RangeError],
    [{ onListen: 1 }, echo, TypeError],
    [{}, undefined, TypeError],
    [{ mode: -1 }, echo, RangeError],
  ];
  for (const [options, handler, expected] of bad) {
    await assertRejects(
      () => serve(options, handler as typeof echo),
      expected,
    );
  }
  assertEquals(await isFree(setup), true);
});
