/** The example proxy: nothing is lost, nothing is held, and it ends in order. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connectTcp,
  listenTcp,
  serveTcp,
  type TcpConn,
  type TcpHandler,
  type TcpServer,
  TimedOutError,
} from "@berkeley/sockets";
import { Random } from "../_random.ts";
import {
  assertFailsInALine,
  runExample,
  type RunningProgram,
  startExample,
} from "./_example.ts";

const encoder = new TextEncoder();

interface Proxied extends AsyncDisposable {
  target: TcpServer;
  proxy: RunningProgram;
  /** Connects to the target through the proxy. */
  connect(backend?: "node"): Promise<TcpConn>;
}

/** Starts a target and a proxy to it. */
async function startProxy(
  handler: TcpHandler,
  ...options: string[]
): Promise<Proxied> {
  const stack = new AsyncDisposableStack();
  const where = { hostname: "127.0.0.1", port: 0, backend: "node" } as const;
  const target = stack.use(
    await serveTcp({ ...where, onError: () => {} }, handler),
  );
  const proxy = stack.use(startExample(
    ...["proxy", ...options, "127.0.0.1", String(target.addr.port)],
  ));
  const [, port] = await proxy.printed(/^From 127.0.0.1 port (\d+) to /);
  return {
    target,
    proxy,
    connect: (backend) => connectTcp({ port: Number(port), backend }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function readAll(conn: TcpConn): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(64 * 1024);
  for (let n; (n = await conn.read(buffer)) !== null;) {
    chunks.push(buffer.slice(0, n));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Writes in pieces of any size, and half-closes. */
async function writeInPieces(
  conn: TcpConn,
  bytes: Uint8Array,
  random: Random,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const size = random.integer(1, random.pick([10, 1000, 200_000]));
    await conn.writeAll(bytes.subarray(done, done + size));
    done += size;
  }
  await conn.closeWrite();
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const differs = actual.findIndex((byte, i) => byte !== expected[i]);
  assertEquals(differs, -1, `byte ${differs} differs`);
}

Deno.test("proxy loses no byte of many connections, in either direction", async () => {
  const random = new Random(11);
  const there = random.bytes(2_000_000);
  const back = random.bytes(1_500_000);
  const got: Uint8Array[] = [];
  await using proxied = await startProxy(async (conn) => {
    const writing = writeInPieces(conn, back, new Random(1));
    got.push(await readAll(conn));
    await writing;
  });
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    using conn = await proxied.connect();
    const writing = writeInPieces(conn, there, new Random(i));
    assertSameBytes(await readAll(conn), back);
    await writing;
  }));
  await proxied.target.shutdown();
  assertEquals(got.length, 8);
  for (const bytes of got) assertSameBytes(bytes, there);

  proxied.proxy.kill("SIGINT");
  const { code, stdout, stderr } = await proxied.proxy.finished();
  assertEquals([code, stderr], [0, ""]);
  const totals =
    "8 connections, 0 open, 0 failed, 16000000 bytes there, 12000000 back";
  assertEquals(stdout.trimEnd().split("\n").at(-1), totals);
});

Deno.test("proxy passes half-closes on, whoever ends first", async () => {
  await using proxied = await startProxy(async (conn) => {
    const first = await conn.readLine();
    if (first === "you first") {
      const rest = await Array.fromAsync(conn.lines());
      await conn.send(encoder.encode(`heard ${rest}\n`));
      return;
    }
    await conn.send(encoder.encode("me first\n"));
    await conn.closeWrite();
    const rest = await Array.fromAsync(conn.lines());
    assertEquals(rest, ["still", "there"]);
  });
  using polite = await proxied.connect();
  await polite.send(encoder.encode("you first\none\ntwo\n"));
  await polite.closeWrite();
  assertEquals(await Array.fromAsync(polite.lines()), ["heard one,two"]);

  using other = await proxied.connect();
  await other.send(encoder.encode("go\n"));
  assertEquals(await Array.fromAsync(other.lines()), ["me first"]);
  await other.send(encoder.encode("still\nthere\n"));
  other.close();
  await proxied.target.shutdown();
  assertEquals(proxied.target.stats.failed, 0);
});

Deno.test("proxy delivers what a peer sent before it went, though it takes no more", async () => {
  const said = new Random(3).bytes(3_000_000);
  const got = Promise.withResolvers<Uint8Array>();
  await using proxied = await startProxy(async (conn) => {
    // Writes to a peer who has gone, and reads what that one has left behind.
    await conn.send(encoder.encode("x".repeat(1000)));
    got.resolve(await readAll(conn));
  });
  const conn = await proxied.connect();
  assertEquals((await conn.readExact(1000)).length, 1000);
  await conn.writeAll(said);
  conn.close();
  assertSameBytes(await got.promise, said);
});

Deno.test("proxy takes no more than it can pass on", async () => {
  const size = 64 * 1024 * 1024;
  const go = Promise.withResolvers<void>();
  let got = 0;
  await using proxied = await startProxy(async (conn) => {
    await go.promise;
    const buffer = new Uint8Array(256 * 1024);
    for (let n; (n = await conn.read(buffer)) !== null;) got += n;
    await conn.send(encoder.encode("got it\n"));
  });
  using conn = await proxied.connect();
  await assertRejects(
    () => conn.writeAll(new Uint8Array(size), { timeout: 1500 }),
    TimedOutError,
  );
  // Four buffers of the kernel are on the way, of up to 6 MiB each on Linux.
  assert(conn.bytesWritten < size / 2, `${conn.bytesWritten} bytes`);
  go.resolve();
  await conn.closeWrite();
  assertEquals(await conn.readLine(), "got it");
  assertEquals(got, size);
});

Deno.test("proxy passes resets on", async () => {
  const ended = Promise.withResolvers<unknown>();
  await using proxied = await startProxy(async (conn) => {
    if (await conn.readLine() === "reset me") return conn.reset();
    await conn.send(encoder.encode("ready\n"));
    ended.resolve(await conn.readLine().catch((error) => error.code));
  });
  using victim = await proxied.connect();
  await victim.send(encoder.encode("reset me\n"));
  const failure = await assertRejects(() => victim.readLine());
  assertEquals((failure as { code?: string }).code, "ECONNRESET");

  using culprit = await proxied.connect("node");
  await culprit.send(encoder.encode("wait\n"));
  assertEquals(await culprit.readLine(), "ready");
  culprit.reset();
  assertEquals(await ended.promise, "ECONNRESET");
  await proxied.proxy.printed(/ECONNRESET[^]*ECONNRESET/, "stderr");
});

Deno.test("proxy resets who cannot be served, says so, and serves on", async () => {
  await using proxied = await startProxy(() => {});
  using first = await proxied.connect();
  assertEquals(await first.readLine(), null);
  first.close();
  await proxied.target.shutdown();
  await assertRejects(async () => {
    using second = await proxied.connect();
    await second.readLine();
  });
  await proxied.proxy.printed(
    /^Cannot connect to 127.0.0.1:\d+: .*ECONNREFUSED\)\n$/,
    "stderr",
  );
  await assertRejects(async () => {
    using third = await proxied.connect();
    await third.readLine();
  });
  proxied.proxy.kill("SIGINT");
  const { stdout } = await proxied.proxy.finished();
  assert(
    stdout.endsWith("3 connections, 0 open, 2 failed, 0 bytes there, 0 back\n"),
    stdout,
  );
});

Deno.test("proxy prints what it does, while it does it", async () => {
  await using proxied = await startProxy(
    (conn) => conn.readable.pipeTo(conn.writable),
    ...["--stats", "0.1"],
  );
  using conn = await proxied.connect();
  await conn.send(encoder.encode("12345\n"));
  assertEquals(await conn.readLine(), "12345");
  await proxied.proxy.printed(
    /^1 connections, 1 open, 0 failed, 6 bytes there, 6 back$/m,
  );
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `proxy lets open connections end on ${signal}, and takes no new ones`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using proxied = await startProxy(
        (conn) => conn.readable.pipeTo(conn.writable),
        ...["--grace", "60000"],
      );
      using conn = await proxied.connect();
      await conn.send(encoder.encode("before\n"));
      assertEquals(await conn.readLine(), "before");
      proxied.proxy.kill(signal);
      await proxied.proxy.printed(/^Ending: 1 connections are open$/m);
      await assertRejects(() => proxied.connect());
      await conn.send(encoder.encode("after\n"));
      assertEquals(await conn.readLine(), "after");
      await conn.closeWrite();
      assertEquals(await conn.readLine(), null);
      const outcome = await proxied.proxy.finished();
      assertEquals(
        [outcome.code, outcome.signal, outcome.stderr],
        [0, null, ""],
      );
    },
  });
}

const IMPATIENT = [
  { name: "when the time is up", grace: "300", signals: 1 },
  { name: "at a second signal", grace: "600000", signals: 2 },
];

for (const { name, grace, signals } of IMPATIENT) {
  Deno.test({
    name: `proxy resets what is still open ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using proxied = await startProxy(
        (conn) => conn.readable.pipeTo(conn.writable).catch(() => {}),
        ...["--grace", grace],
      );
      using conn = await proxied.connect();
      await conn.send(encoder.encode("here\n"));
      assertEquals(await conn.readLine(), "here");
      proxied.proxy.kill("SIGINT");
      await proxied.proxy.printed(/^Ending: 1 connections are open$/m);
      if (signals > 1) proxied.proxy.kill("SIGTERM");
      await assertRejects(() => conn.readLine());
      const { code, signal, stderr } = await proxied.proxy.finished();
      assertEquals([code, signal, stderr], [0, null, ""]);
    },
  });
}

const MISUSES = [
  { args: [], expected: "Say where to pass connections on to" },
  { args: ["localhost"], expected: "Say where to pass connections on to" },
  { args: ["localhost", "0"], expected: "Say where to pass connections on to" },
  { args: ["--max", "0", "localhost", "1"], expected: "maxConnections 0" },
  { args: ["--grace", "x", "localhost", "1"], expected: "--grace" },
  { args: ["--stats", "0", "localhost", "1"], expected: "--stats" },
];

for (const { args, expected } of MISUSES) {
  Deno.test(`proxy ${args.join(" ")} fails in a line`, async () => {
    assertFailsInALine(await runExample(["proxy", ...args]), expected, 2);
  });
}

Deno.test("proxy fails in a line when its port is taken", async () => {
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const outcome = await runExample(
    ["proxy", "--port", String(listener.addr.port), "localhost", "1"],
  );
  assertFailsInALine(outcome, "EADDRINUSE");
});
