import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import net from "node:net";
import dgram from "node:dgram";
import dns from "node:dns";
import http from "node:http";
import { spawn } from "node:child_process";
import { runInVirtualTime } from "../../../testing/_sim/time/mod.ts";
import { bindUdp, connectTcp, listenTcp } from "../../../mod.ts";
import { HAS_POSIX } from "../../_posix.ts";
import { IS_DENO } from "../../_runtime.ts";

const MESSAGE = "inside of simulate(): it works in real time";

const REJECTING: Record<string, () => Promise<unknown>> = {
  "Deno.connect": () => Deno.connect({ port: 1 }),
  "Deno.connectTls": () => Deno.connectTls({ port: 1 }),
  "Deno.resolveDns": () => Deno.resolveDns("a.test", "A"),
  "Deno.readTextFile": () => Deno.readTextFile("/nowhere"),
  "Deno.open": () => Deno.open("/nowhere"),
  "Deno.stat": () => Deno.stat("/nowhere"),
  "Deno.FsFile.read": async () => {
    using file = Deno.openSync(new URL(import.meta.url));
    await file.read(new Uint8Array(1));
  },
  fetch: () => fetch("http://127.0.0.1:1"),
  "dns.promises.lookup": () => dns.promises.lookup("a.test"),
  "dns.promises.Resolver": () =>
    new dns.promises.Resolver({ timeout: 1, tries: 1 }).resolve4("a.test"),
  connectTcp: () => connectTcp({ hostname: "127.0.0.1", port: 1 }),
  "connectTcp over node": () =>
    connectTcp({ hostname: "127.0.0.1", port: 1, backend: "node" }),
  listenTcp: () => listenTcp({ hostname: "127.0.0.1", port: 0 }),
  bindUdp: () => bindUdp({ hostname: "127.0.0.1", port: 0, backend: "node" }),
  "bindUdp over posix": () =>
    bindUdp({ hostname: "127.0.0.1", port: 0, backend: "posix" }),
};

const THROWING: Record<string, () => unknown> = {
  "Deno.listen": () => Deno.listen({ port: 0 }),
  "Deno.serve": () => Deno.serve(() => new Response()),
  "new Deno.Command": () => new Deno.Command("true"),
  "Deno.readDir": () => Deno.readDir("/nowhere"),
  "new WebSocket": () => new WebSocket("ws://127.0.0.1:1"),
  "new Worker": () => new Worker("data:,", { type: "module" }),
  "net.connect": () => net.connect(1),
  "net.Server.listen": () => net.createServer().listen(0),
  "dgram.Socket.bind": () => {
    const socket = dgram.createSocket("udp4");
    try {
      socket.bind(0);
    } finally {
      socket.close();
    }
  },
  "child_process.spawn": () => spawn("true"),
  "http.createServer": () => http.createServer().listen(0),
  "dns.Resolver": () =>
    new dns.Resolver({ timeout: 1, tries: 1 }).resolve4("a.test", () => {}),
  "dns.lookup": () => dns.lookup("a.test", () => {}),
};

/** Whether the runtime has what a test is about. */
function isThere(name: string): boolean {
  if ("Bun" in globalThis && name.startsWith("http.")) return false;
  return IS_DENO || !/Deno|Worker/.test(name);
}

for (const [name, call] of Object.entries(REJECTING)) {
  Deno.test({
    name: `${name} rejects inside of a simulation`,
    ignore: name.includes("posix") && !HAS_POSIX || !isThere(name),
    fn: () =>
      runInVirtualTime({ seed: 1 }, async () => {
        await assertRejects(call, Error, MESSAGE);
      }),
  });
}

for (const [name, call] of Object.entries(THROWING)) {
  Deno.test({
    name: `${name} throws inside of a simulation`,
    ignore: !isThere(name),
    fn: () =>
      runInVirtualTime({ seed: 1 }, () => {
        assertThrows(call, Error, MESSAGE);
      }),
  });
}

Deno.test("real() lets real work be done while the clock stands", async () => {
  await runInVirtualTime({ seed: 1 }, async (world) => {
    const text = world.real(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2)); // a real timer
      return await Deno.readTextFile(new URL(import.meta.url));
    });
    setTimeout(() => {}, 1000);
    assertEquals((await text).startsWith("import"), true);
    assertEquals(performance.now(), 0);
    await assertRejects(() =>
      world.real(() => Promise.reject(new Error("no")))
    );
    await assertRejects(() =>
      world.real(() => {
        throw new Error("synchronous");
      })
    );
  });
});

Deno.test("crypto.subtle takes no virtual time", async () => {
  await runInVirtualTime({ seed: 1 }, async () => {
    setInterval(() => {}, 1);
    const key = await crypto.subtle.generateKey(
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    await crypto.subtle.sign("HMAC", key, new Uint8Array(1_000_000));
    assertEquals(performance.now(), 0);
  });
});

Deno.test("real work that the test does not await ends before the simulation", async () => {
  let isDone = false;
  await runInVirtualTime({ seed: 1 }, (world) => {
    world.real(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      isDone = true;
    });
  });
  assertEquals(isDone, true);
});

/** Sockets and timers outside work while a simulation runs. */
async function keepsReal(): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let isOver = false;
  const outside = (async () => {
    const accepting = listener.accept();
    using client = await Deno.connect({ port: listener.addr.port });
    using server = await accepting;
    const began = Date.now();
    for (let i = 0; i < 5; i++) {
      await client.write(new Uint8Array([i]));
      const buffer = new Uint8Array(1);
      await server.read(buffer);
      assertEquals(buffer[0], i);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals(Math.abs(Date.now() - began) < 60_000, true);
    isOver = true;
  })();
  await runInVirtualTime({ seed: 1, maxTime: 1e12 }, async () => {
    while (!isOver) await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
  await outside;
}

Deno.test({
  name: "other code of the process keeps its clock and its network",
  ignore: !IS_DENO,
  fn: keepsReal,
});
