/** Ways to a proxy: other proxies, unix sockets, TLS; and TLS through a proxy. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CertificateError,
  NotSupportedError,
  ProtocolError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { httpConnect, socks4a, socks5 } from "@berkeley/sockets/proxy";
import { connectTcp, serveTcp, TcpConn } from "@berkeley/sockets/tcp";
import { connectTls, serveTls } from "@berkeley/sockets/tls";
import { serveUnix } from "@berkeley/sockets/unix";
import { makeCertificate } from "@berkeley/sockets/testing";
import * as here from "@berkeley/sockets";
import { HAS_POSIX } from "../_posix.ts";
import { IS_DENO, STREAM_BACKENDS } from "../_runtime.ts";
import { httpServer, newLog, socks4aServer, socks5Server } from "./_servers.ts";
import { serveProxy, TARGET, test, threeHosts } from "./_simulated.ts";

const TLS_BACKENDS = IS_DENO ? ["deno", "node"] as const : ["node"] as const;
/** A certificate that no server of the tests has. */
const OTHER = await makeCertificate();
const QUIET = { hostname: "127.0.0.1", port: 0, onError: () => {} };

test("proxies chain, each asked for the next one by name", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const [second, third] = [network.host("second"), network.host("third")];
  const logs = [newLog(), newLog(), newLog()] as const;
  await serveProxy(proxy, socks5Server(proxy, logs[0]));
  await serveProxy(second, httpServer(second, logs[1]), 8080);
  await serveProxy(third, socks4aServer(third, logs[2]));
  const first = socks5({ hostname: "proxy" });
  const next = httpConnect({ hostname: "second", proxy: first });
  const last = socks4a({ hostname: "third", proxy: next });
  using conn = await client.connectTcp({ ...TARGET, proxy: last });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(conn.remoteAddr, { transport: "tcp", ...TARGET });
  assertEquals(logs.map(({ targets }) => targets), [
    ["second:8080"],
    ["third:1080"],
    ["target:7"],
  ]);
  assert(/client > proxy/.test(`${network.trace}`));
  assertEquals(
    /client > (second|third|target)/.test(`${network.trace}`),
    false,
  );
});

test("the error of a chain names the proxy that refuses, and its reason", async (network) => {
  const { client, proxy } = await threeHosts(network);
  await serveProxy(proxy, async (conn) => {
    await conn.readExact(3);
    await conn.send(Uint8Array.of(5, 0));
    await conn.readExact(5);
    await conn.send(Uint8Array.of(5, 4));
  });
  const first = socks5({ hostname: "proxy" });
  const error = await assertRejects(
    () =>
      client.connectTcp({
        ...TARGET,
        proxy: httpConnect({ hostname: "second", proxy: first }),
      }),
    SocketError,
  );
  assertEquals(
    error.message.replace(/ \(seed.*/, ""),
    "Cannot connect to target:7 through the HTTP proxy second:8080: cannot connect to second:8080 through the SOCKS5 proxy proxy:1080: host unreachable, reply 0x04 (EHOSTUNREACH)",
  );
});

test("one timeout limits all proxies of a chain", async (network) => {
  const { client, proxy } = await threeHosts(network);
  network.link(client, proxy, { latency: 300 });
  await serveProxy(proxy, socks5Server(proxy));
  const first = socks5({ hostname: "proxy" });
  const start = performance.now();
  await assertRejects(
    () => client.connectTcp({ ...TARGET, proxy: first, timeout: 1000 }),
    TimedOutError,
  );
  assert(performance.now() - start < 1100);
  using conn = await client.connectTcp({
    ...TARGET,
    proxy: first,
    timeout: 3000,
  });
  assertEquals(await conn.readLine(), "hello");
});

test("a simulated host reaches a proxy on its unix socket", async (network) => {
  const { client } = await threeHosts(network);
  const log = newLog();
  await client.serveUnix(
    { path: "/run/proxy", onError: () => {} },
    socks5Server(client, log),
  );
  const proxy = socks5({ path: "/run/proxy" });
  assertEquals(proxy.name, "the SOCKS5 proxy /run/proxy");
  using conn = await client.connectTcp({ ...TARGET, proxy });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(conn.localAddr, {
    ...{ transport: "tcp" as const, hostname: "0.0.0.0", port: 0 },
  });
  conn.setNoDelay(false);
  conn.setKeepAlive(true);
});

Deno.test({
  name: "a proxy on a unix socket, with TLS to the target",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/proxy`;
      const { cert, key } = await makeCertificate();
      await using target = await serveTls(
        { ...QUIET, cert, key },
        (conn) => conn.send("over TLS\n"),
      );
      await using _proxy = await serveUnix(
        { path, onError: () => {} },
        httpServer(here, newLog(), { names: { localhost: "127.0.0.1" } }),
      );
      const options = {
        ...{ hostname: "localhost", port: target.addr.port },
        ...{ caCerts: [cert], timeout: 20_000, proxy: httpConnect({ path }) },
      };
      using conn = await connectTls(options);
      assertEquals(await conn.readLine(), "over TLS");
      await assertRejects(
        () => connectTls({ ...options, backend: "deno" }),
        NotSupportedError,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

for (const backend of STREAM_BACKENDS) {
  Deno.test(`connectTcp() connects through a proxy over ${backend}`, async () => {
    await using target = await serveTcp(QUIET, async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    });
    const { port } = target.addr;
    const log = newLog();
    const behaviour = { names: { "a.test": "127.0.0.1" }, behind: "first\n" };
    await using server = await serveTcp(
      QUIET,
      socks5Server(here, log, behaviour),
    );
    const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
    using conn = await connectTcp({
      ...{ hostname: "a.test", port, proxy, backend, timeout: 20_000 },
      highWaterMark: 1000,
    });
    assert(conn instanceof TcpConn);
    assertEquals(conn.backend, backend);
    assertEquals(conn.remoteAddr, {
      transport: "tcp",
      hostname: "a.test",
      port,
    });
    assertEquals(await conn.readLine(), "first");
    conn.setNoDelay(true);
    await conn.send("echo\n");
    assertEquals(await conn.readLine(), "echo");
    await conn.closeGracefully({ timeout: 20_000 });
  });
}

for (const backend of TLS_BACKENDS) {
  Deno.test(`connectTls() starts TLS with the target through a proxy (${backend})`, async () => {
    const { cert, key } = await makeCertificate();
    const log = newLog();
    await using target = await serveTls(
      { ...QUIET, cert, key },
      async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      },
    );
    const { port } = target.addr;
    await using server = await serveTcp(
      QUIET,
      socks5Server(here, log, { names: { localhost: "127.0.0.1" } }),
    );
    const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
    const own = {
      hostname: "localhost",
      port,
      backend,
      timeout: 20_000,
      proxy,
    };
    using conn = await connectTls({ ...own, caCerts: [cert] });
    assertEquals(conn.backend, backend);
    assertEquals(conn.remoteAddr.hostname, "localhost");
    await conn.send("echo\n");
    assertEquals(await conn.readLine(), "echo");
    assertEquals(log.targets, [`localhost:${port}`]);
    await assertRejects(
      () => connectTls({ ...own, caCerts: [OTHER.cert] }),
      CertificateError,
    );
  });

  Deno.test(`connectTls() trusts no byte that comes before TLS (${backend})`, async () => {
    await using server = await serveTcp(
      QUIET,
      socks5Server(
        {
          connectTcp: () => connectTcp({ hostname: "127.0.0.1", port: port() }),
        },
        newLog(),
        { behind: "injected" },
      ),
    );
    await using target = await serveTcp(QUIET, async (conn) => {
      await conn.read(new Uint8Array(1000));
    });
    const port = () => target.addr.port;
    const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
    await assertRejects(
      () =>
        connectTls({
          ...{ hostname: "a.test", port: 443, proxy, backend, timeout: 20_000 },
          caCerts: [OTHER.cert],
        }),
      ProtocolError,
      "bytes came in plain text before TLS started",
    );
  });
}

Deno.test("a proxy behind TLS is verified, and carries TLS to the target", async () => {
  const { cert, key } = await makeCertificate();
  const other = await makeCertificate();
  await using target = await serveTls(
    { ...QUIET, ...other },
    (conn) => conn.send("inner\n"),
  );
  const { port } = target.addr;
  await using server = await serveTls(
    { ...QUIET, cert, key },
    httpServer(here, newLog(), { names: { localhost: "127.0.0.1" } }),
  );
  const place = { hostname: "localhost", port: server.addr.port };
  const proxy = httpConnect({ ...place, tls: { caCerts: [cert] } });
  const options = { hostname: "localhost", port, timeout: 20_000 };
  using conn = await connectTls({ ...options, proxy, caCerts: [other.cert] });
  assertEquals(await conn.readLine(), "inner");

  const unknown = httpConnect({ ...place, tls: { caCerts: [OTHER.cert] } });
  const error = await assertRejects(
    () => connectTcp({ ...options, proxy: unknown }),
    CertificateError,
  );
  assert(error.message.includes(`through ${unknown.name}: cannot start TLS`));
});

Deno.test("connectTls() times out while the target behind a proxy is silent", async () => {
  await using target = await serveTcp(QUIET, async (conn) => {
    while (await conn.read(new Uint8Array(1000)) !== null);
  });
  await using server = await serveTcp(QUIET, socks5Server(here));
  const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
  for (const backend of TLS_BACKENDS) {
    await assertRejects(
      () =>
        connectTls({
          ...{ ...target.addr, proxy, backend, timeout: 50 },
          caCerts: [OTHER.cert],
        }),
      TimedOutError,
    );
  }
});

const DETACH =
  "detach() of a proxied connection returns the runtime's, and what has come";
Deno.test({ name: DETACH, ignore: !IS_DENO }, async () => {
  await using target = await serveTcp(QUIET, (conn) => conn.send("hello\n"));
  const server = await serveTcp(
    QUIET,
    socks5Server(here, newLog(), { behind: "first\n" }),
  );
  await using _server = server;
  const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
  const options = { ...target.addr, proxy, timeout: 20_000 };
  const client = await connectTcp(options);
  const { conn, buffered } = client.detach();
  using _conn = conn;
  const text = new TextDecoder().decode(buffered);
  assert(text.startsWith("first\n"), text);
  assertEquals(conn.remoteAddr.port, server.addr.port);
});

Deno.test({
  name: "setOption() and reset() of a proxied connection act on its socket",
  ignore: !HAS_POSIX,
  async fn() {
    for (const backend of STREAM_BACKENDS) {
      let end: unknown;
      await using target = await serveTcp(QUIET, async (conn) => {
        end = await conn.readLine().catch((error) => error.code);
      });
      await using server = await serveTcp(QUIET, socks5Server(here));
      const proxy = socks5({ hostname: "127.0.0.1", port: server.addr.port });
      const options = { ...target.addr, proxy, backend, timeout: 20_000 };
      const conn = await connectTcp(options);
      await conn.setOption("TCP_USER_TIMEOUT", 5000);
      assertEquals(await conn.getOption("TCP_USER_TIMEOUT"), 5000, backend);
      conn.reset();
      await target.shutdown();
      assertEquals(end, "ECONNRESET", backend);
    }
  },
});
