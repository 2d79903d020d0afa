/** Unix sockets of a simulated host: its own paths, in virtual time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionResetError, SocketError } from "@berkeley/sockets/errors";
import type { Sockets } from "@berkeley/sockets";
import { Resolver } from "@berkeley/sockets/resolve";
import {
  hostNetwork,
  hostSockets,
} from "../../../testing/_sim/host/host_sockets.ts";
import {
  runInVirtualTime,
  type World,
} from "../../../testing/_sim/time/mod.ts";
import { MachineTiming } from "../../../testing/_sim/wire/machine_timing.ts";
import { UnixStack } from "../../../testing/_sim/unix/stack.ts";

/** No test of this file uses TCP or UDP. */
const unused = () => Promise.reject(new Error("unused"));

/** The sockets of a host that has these files, and can open so many descriptors. */
function boot(
  { scheduler }: World,
  files = new Set<string>(),
  most = Infinity,
): { host: Sockets; stack: UnixStack; count: () => number } {
  let count = 0;
  const open = () => {
    if (count === most) throw Object.assign(new Error(), { code: "EMFILE" });
    count++;
    return () => void count--;
  };
  const stack = new UnixStack(
    { scheduler: new MachineTiming(scheduler), open },
    files,
  );
  const tcp = { connect: unused, listen: unused };
  const network = hostNetwork(tcp, unused, stack, new Resolver());
  const host = hostSockets((call) => call(network));
  return { host, stack, count: () => count };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => call, SocketError)).code;
}

const path = "/run/sock";

for (const path of ["/run/sock", "\0sock"]) {
  Deno.test({
    name: `programs of a host talk over ${JSON.stringify(path)}`,
    permissions: "none",
    fn: () =>
      runInVirtualTime({ seed: 1 }, async (world) => {
        const { host, count } = boot(world);
        await using server = await host.serveUnix({ path }, async (conn) => {
          for await (const line of conn.lines()) {
            await conn.send(`you said: ${line}\n`);
          }
        });
        await using conn = await host.connectUnix({ path, backend: "node" });
        const before = world.now;
        await conn.send("hello\n");
        assertEquals(await conn.readLine(), "you said: hello");
        await conn.flush();
        assert(world.now > before);
        assertEquals([conn.backend, conn.remoteAddr.path], ["simulated", path]);
        assertEquals(server.addr, { transport: "unix", path });
        assertEquals(await codeOf(conn.peerCredentials()), "ENOTSUP");
        await conn.closeWrite();
        assertEquals(await conn.readLine(), null);
        await server.shutdown();
        await conn[Symbol.asyncDispose]();
        assertEquals(count(), 0);
      }),
  });
}

Deno.test("connectUnix() of a simulated host says why no program listens", () =>
  runInVirtualTime({ seed: 1 }, async (world) => {
    const files = new Set<string>();
    const { host, stack } = boot(world, files);
    assertEquals(await codeOf(host.connectUnix({ path })), "ENOENT");
    const abstract = host.connectUnix({ path: "\0sock" });
    assertEquals(await codeOf(abstract), "ECONNREFUSED");
    await host.listenUnix({ path });
    assertEquals(await codeOf(host.listenUnix({ path })), "EADDRINUSE");
    stack.shutdown();
    assertEquals(await codeOf(host.connectUnix({ path })), "ECONNREFUSED");
  }));

Deno.test("the file of a simulated socket outlives a crash, until it is replaced", () =>
  runInVirtualTime({ seed: 1 }, async (world) => {
    const files = new Set<string>();
    await boot(world, files).host.listenUnix({ path });
    const { host } = boot(world, files); // after a crash
    assertEquals(await codeOf(host.listenUnix({ path })), "EADDRINUSE");
    {
      await using listener = await host.listenUnix({
        path,
        replaceStale: true,
      });
      const taken = host.listenUnix({ path, replaceStale: true });
      assertEquals(await codeOf(taken), "EADDRINUSE");
      const conn = await host.connectUnix({ path });
      (await listener.accept()).close();
      assertEquals(await conn.readLine(), null);
    }
    assertEquals([...files], []);
  }));

Deno.test("a simulated unix socket that is closed with unread bytes resets its peer, behind what it sent", () =>
  runInVirtualTime({ seed: 1 }, async (world) => {
    const { host } = boot(world);
    using listener = await host.listenUnix({ path });
    using client = await host.connectUnix({ path });
    const server = await listener.accept();
    await client.send("unread");
    await server.send("bye\n");
    await server[Symbol.asyncDispose]();
    assertEquals(await client.readLine(), "bye");
    await assertRejects(() => client.readLine(), ConnectionResetError);
  }));

Deno.test("connectUnix() of a simulated host waits while the queue is full, and fails without descriptors", () =>
  runInVirtualTime({ seed: 1 }, async (world) => {
    const { host, count } = boot(world, undefined, 7);
    using listener = await host.listenUnix({ path, backlog: 1 });
    const queued = [
      await host.connectUnix({ path }),
      await host.connectUnix({ path }),
    ];
    const before = world.now;
    const late = host.connectUnix({ path, timeout: 1000 });
    assertEquals(await codeOf(late), "ETIMEDOUT");
    assertEquals(Math.round((world.now - before) / 100), 10);
    (await listener.accept()).close();
    const third = await host.connectUnix({ path });
    assertEquals(count(), 6);
    await listener.accept();
    assertEquals(await codeOf(host.connectUnix({ path })), "EMFILE");
    assertEquals(count(), 6);
    for (const conn of [...queued, third]) conn.close();
  }));
