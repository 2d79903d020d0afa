/** What callers pass is read once: what was checked is what is used. */
import { assertEquals } from "@std/assert";
import {
  AF_INET,
  bindUdp,
  connectTcp,
  connectTls,
  connectUdp,
  connectUnix,
  getAddrInfo,
  getNameInfo,
  httpConnect,
  listenTcp,
  listenTls,
  listenUnix,
  pool,
  reconnecting,
  relay,
  serveTcp,
  serveTls,
  serveUnix,
  SOCK_STREAM,
  socks4a,
  socks5,
  startTls,
  StreamConn,
} from "../../mod.ts";
import type { BytePair } from "../../stream/mod.ts";
import {
  connPair,
  explore,
  makeCertificate,
  simulate,
  withFaults,
} from "../../testing/mod.ts";
import { HAS_POSIX } from "../_posix.ts";

/** An object whose properties may be read once; those that were read again. */
function once<T extends object>(target: T): [T, () => string[]] {
  const reads = new Map<PropertyKey, number>();
  const proxy = new Proxy(target, {
    get(_, key) {
      reads.set(key, (reads.get(key) ?? 0) + 1);
      return Reflect.get(target, key);
    },
  });
  const again = () =>
    [...reads].filter(([, count]) => count > 1).map(([key]) => String(key));
  return [proxy, again];
}

/** Passes an object, and fails if a property of it was read twice. */
async function passOnce<T extends object, R>(
  target: T,
  call: (given: T) => Promise<R>,
): Promise<R> {
  const [given, again] = once(target);
  const result = await call(given);
  assertEquals(again(), [], `${call}`);
  return result;
}

const BACKENDS = HAS_POSIX
  ? ["deno", "node", "posix"] as const
  : ["deno", "node"] as const;

for (const backend of BACKENDS) {
  for (const hostname of ["127.0.0.1", "localhost"]) {
    const name =
      `options and addresses are read once (${hostname}, ${backend})`;
    Deno.test(name, async () => {
      const free = { hostname, port: 0, backend, family: 4 as const };
      using listener = await passOnce({ ...free, backlog: 5 }, listenTcp);
      const { port } = listener.addr;
      const keepAlive = backend !== "deno";
      const target = { ...free, port, timeout: 20_000, keepAlive };
      using _conn = await passOnce(target, connectTcp);

      // The "deno" backend of UDP needs --unstable-net.
      const udp = backend === "deno" && !("listenDatagram" in Deno)
        ? "node"
        : backend;
      const socket = await passOnce({ ...free, backend: udp }, bindUdp);
      const to = { hostname, port: socket.localAddr.port };
      const options = { ...to, family: 4 as const, backend: udp };
      using client = await passOnce(options, connectUdp);
      const bytes = new Uint8Array(1);
      await passOnce(to, (address) => socket.sendTo(bytes, address));
      await passOnce(
        to,
        (address) =>
          passOnce(
            { data: bytes, address },
            (datagram) => socket.sendMany([datagram]),
          ),
      );
      await passOnce(to, (address) => client.connect(address));
      (await passOnce(to, (address) => socket.connect(address))).close();
    });
  }
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `options of unix sockets are read once (${backend})`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const path = `${folder}/sock`;
        const highWaterMark = 1000;
        const replaceStale = true;
        const here = { path, mode: 0o600, replaceStale, highWaterMark };
        const backlog = backend === "deno" ? undefined : 5;
        const options = { ...here, backend, backlog };
        {
          await using _listener = await passOnce(options, listenUnix);
          const target = { path, backend, highWaterMark, timeout: 20_000 };
          using _conn = await passOnce(target, connectUnix);
        }
        const onError = () => {};
        const serving = { ...options, onError, maxConnections: 1 };
        await using _server = await passOnce(
          { ...serving, idleTimeout: 1000, onListen: () => {} },
          (given) => serveUnix(given, () => {}),
        );
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

for (const backend of ["deno", "node"] as const) {
  Deno.test(`options of TLS are read once (${backend})`, async () => {
    const issuer = await makeCertificate({ isAuthority: true });
    const { cert, key } = await makeCertificate({ issuer });
    const alpnProtocols = ["x"];
    const caCerts = [issuer.cert];
    const isNode = backend === "node";
    const own = { backend, cert, key, alpnProtocols, highWaterMark: 1000 };
    const listening = {
      ...{ ...own, hostname: "127.0.0.1", port: 0, backlog: 5 },
      family: 4 as const,
      ...(isNode ? { clientAuth: "request" as const, caCerts } : {}),
      ...(isNode ? { certificates: { "a.test": { cert, key } } } : {}),
      ...{ handshakeTimeout: 20_000, maxHandshakes: 5, onError: () => {} },
      timeout: 20_000,
    };
    await using listener = await passOnce(listening, listenTls);
    const { port } = listener.addr;
    const target = {
      ...{ ...own, hostname: "127.0.0.1", port, caCerts, timeout: 20_000 },
      ...(isNode ? {} : { cert: undefined, key: undefined }),
      ...{ serverName: "localhost", noDelay: true, keepAlive: true },
      unsafelyDisableHostnameVerification: false,
    };
    const [client, server] = await Promise.all([
      passOnce(target, connectTls),
      listener.accept(),
    ]);
    await Promise.all([
      client[Symbol.asyncDispose](),
      server[Symbol.asyncDispose](),
    ]);
    if (isNode) {
      const set = (given: { cert: string; key: string }) =>
        Promise.resolve(listener.setCertificate(given));
      await passOnce({ cert, key }, set);
    }
    const more = { maxConnections: 1, idleTimeout: 1000, onListen: () => {} };
    await using _server = await passOnce(
      { ...listening, ...more },
      (given) => serveTls(given, () => {}),
    );
  });
}

Deno.test("hints of look-ups are read once", async () => {
  const hints = { family: AF_INET, socktype: SOCK_STREAM, timeout: 20_000 };
  await passOnce(hints, (given) => getAddrInfo("localhost", "80", given));
  const address = { hostname: "127.0.0.1", port: 80 };
  await passOnce(address, (given) => getNameInfo(given));
});

Deno.test("options of startTls are read once", async () => {
  const { cert, key } = await makeCertificate();
  using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    connectTcp(listener.addr),
    listener.accept(),
  ]);
  const common = { timeout: 20_000, highWaterMark: 1000, cert, key };
  const asClient = { ...common, hostname: "localhost", caCerts: [cert] };
  const asServer = { ...common, isServer: true as const };
  const [one, two] = await Promise.all([
    passOnce(asClient, (given) => startTls(client, given)),
    passOnce(asServer, (given) => startTls(server, given)),
  ]);
  await one[Symbol.asyncDispose]();
  await two[Symbol.asyncDispose]();
});

Deno.test("a pair of streams and its options are read once", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const addr = { transport: "unix", path: "/x" } as const;
  const options = { highWaterMark: 9, localAddr: addr, remoteAddr: addr };
  const from = (pair: BytePair) =>
    passOnce(options, (given) => Promise.resolve(StreamConn.from(pair, given)));
  await using _conn = await passOnce({ readable, writable }, from);
});

Deno.test("options of connections in memory and of faults are read once", async () => {
  const toServer = { pieceSize: 1, stallAfter: 1 };
  const pairOptions = { windowSize: 10, highWaterMark: 10, toServer };
  using pair = await passOnce(
    pairOptions,
    (options) => Promise.resolve(connPair(options)),
  );
  const [incoming, again] = once({ pieceSize: 1, endAfter: 1 });
  using _conn = await passOnce(
    { incoming, outgoing: {}, highWaterMark: 10 },
    (options) => Promise.resolve(withFaults(pair.client, options)),
  );
  assertEquals(again(), []);
});

Deno.test("options of a connection to a service are read once", async () => {
  const { cert, key } = await makeCertificate({ names: ["example.test"] });
  await simulate(async (network) => {
    const server = network.host("server");
    await server.serveTcp({ port: 1 }, () => {});
    await server.serveTls({ port: 2, cert, key }, () => {});
    for (const port of [1, 2]) {
      const target = { priority: 0, weight: 0, port, target: "server" };
      network.dns.set(`_s${port}._tcp.example.test`, { srv: [target] });
    }
    const { connectTcp, connectTls } = network.host("client");
    const common = { timeout: 20_000, noDelay: true, highWaterMark: 1000 };
    const own = { ...common, service: "_s1._tcp.example.test" };
    (await passOnce(own, connectTcp)).close();
    const caCerts = [cert];
    const tls = { ...common, service: "_s2._tcp.example.test", caCerts };
    (await passOnce(tls, connectTls)).close();
  });
});

Deno.test("options of reconnecting() are read once", async () => {
  const { client } = connPair();
  const [backoff, readAgain] = once({ initial: 1, max: 1, stable: 1 });
  const options = {
    ...{ backoff, timeout: 1000, maxFailures: 3, onConnect: () => {} },
    ...{ shouldRetry: () => true, onState: () => {} },
  };
  await using link = await passOnce(
    options,
    (given) =>
      Promise.resolve(reconnecting(() => Promise.resolve(client), given)),
  );
  await passOnce({ timeout: 20_000 }, (wait) => link.conn(wait));
  assertEquals(readAgain(), []);
});

Deno.test("options of proxies are read once", () => {
  const here = { hostname: "127.0.0.1", port: 1, resolve: "local" as const };
  const chained = { ...here, proxy: socks5(here) };
  const [tls, tlsAgain] = once({ caCerts: [], serverName: "a.test" });
  const [headers, headersAgain] = once({ "User-Agent": "test" });
  const [one, oneAgain] = once({ ...chained, tls, username: "a" });
  const [two, twoAgain] = once({ ...chained, username: "a", password: "b" });
  const [three, threeAgain] = once({ path: "/x", headers, username: "a" });
  socks4a(one);
  socks5(two);
  httpConnect(three);
  const again = [tlsAgain, headersAgain, oneAgain, twoAgain, threeAgain];
  assertEquals(again.flatMap((names) => names()), []);
});

Deno.test("connectTcp() and connectTls() read their options once with a proxy", async () => {
  const { cert, key } = await makeCertificate();
  const own = { hostname: "127.0.0.1", port: 0, cert, key };
  await using target = await serveTls(own, () => {});
  // A proxy that connects all its clients to the target.
  await using server = await serveTcp(
    { hostname: "127.0.0.1", port: 0, onError: () => {} },
    async (conn) => {
      await conn.readUntil("\r\n\r\n");
      using far = await connectTcp(target.addr);
      await conn.send("HTTP/1.1 200 OK\r\n\r\n");
      await relay(conn, far);
    },
  );
  const { port } = server.addr;
  const proxy = httpConnect({ hostname: "127.0.0.1", port });
  const common = { hostname: "localhost", port: 443, timeout: 20_000, proxy };
  using _plain = await passOnce(common, connectTcp);
  using _conn = await passOnce({ ...common, caCerts: [cert] }, connectTls);
});

Deno.test("options of pool() are read once", async () => {
  const { client } = connPair();
  const options = {
    ...{ max: 2, idle: 1000, lifetime: 1000, checkAfter: 0, timeout: 1000 },
    ...{ maxWaiting: 9, check: () => true, onConnect: () => {} },
  };
  await using conns = await passOnce(
    options,
    (given) => Promise.resolve(pool(() => Promise.resolve(client), given)),
  );
  const wait = { timeout: 20_000 };
  (await passOnce(wait, (given) => conns.acquire(given))).release();
  await passOnce(wait, (given) => conns.use(() => {}, given));
  await passOnce(wait, (given) => conns.close(given));
});

Deno.test("options of relay are read once", async () => {
  const [left, right] = [connPair(), connPair()];
  left.client.close();
  right.server.close();
  const { signal } = new AbortController();
  await passOnce(
    { idleTimeout: 1000, bufferSize: 10, signal },
    (options) => relay(left.server, right.client, options),
  );
});

Deno.test("simulate() reads its options once", async () => {
  const options = {
    ...{ seed: 1, start: 0, maxTime: 1000, maxEvents: 1000, maxTrace: 10 },
    faults: [],
  };
  const [link, readAgain] = once({
    ...{ latency: 1, jitter: 1, bandwidth: 1e6, queue: 1e6 },
    ...{ loss: 0, duplicate: 0, reorder: 0, mtu: 1500 },
  });
  await passOnce(
    { ...options, link },
    (given) => simulate(given, (network) => network.sleep(1)),
  );
  assertEquals(readAgain(), []);
});

Deno.test("options of the functions of a simulated host are read once", async () => {
  const { cert, key } = await makeCertificate({ names: ["host"] });
  const caCerts = [cert];
  const serving = { onError: () => {}, maxConnections: 9, idleTimeout: 1000 };
  const common = { timeout: 20_000, highWaterMark: 1000, resolver: undefined };
  const tcp = { ...common, noDelay: true, keepAlive: true, family: 4 as const };
  const any = { ...tcp, hostname: "0.0.0.0", port: 0, backlog: 5 };
  const near = { ...tcp, hostname: "host", attemptDelay: 1, localPort: 0 };
  const path = "/run/sock";
  const udp = { ttl: 9, broadcast: true, reuseAddress: true, timeout: 20_000 };
  await simulate(async (network) => {
    const host = network.host("host");
    for (const backend of ["deno", "node"] as const) {
      const plain = await passOnce(
        { ...any, ...serving, backend, ipv6Only: false, reusePort: true },
        (given) => host.serveTcp(given, (conn) => conn.close()),
      );
      const { port } = plain.addr;
      (await passOnce({ ...near, port, backend }, host.connectTcp)).close();
      const tls = await passOnce(
        { ...any, ...serving, cert, key, backend, tcpBackend: undefined },
        (given) => host.serveTls(given, (conn) => conn.close()),
      );
      const to = { ...near, port: tls.addr.port, caCerts, backend };
      (await passOnce(to, host.connectTls)).close();
      const local = await passOnce(
        { ...serving, path, backend, highWaterMark: 9, replaceStale: true },
        (given) => host.serveUnix(given, (conn) => conn.close()),
      );
      const where = { path, backend, highWaterMark: 9, timeout: 20_000 };
      (await passOnce(where, host.connectUnix)).close();
      for (const server of [plain, tls, local]) await server.shutdown();
    }
    using listener = await passOnce(any, host.listenTcp);
    const [client, server] = await Promise.all([
      host.connectTcp({ hostname: "host", port: listener.addr.port }),
      listener.accept(),
    ]);
    const start = { timeout: 20_000, highWaterMark: 1000, cert, key };
    await Promise.all([
      passOnce(
        { ...start, hostname: "host", caCerts, backend: "deno" as const },
        (given) => host.startTls(client, given),
      ),
      passOnce(
        { ...start, isServer: true as const },
        (given) => host.startTls(server, given),
      ),
    ]);
    using _tls = await passOnce({ ...any, cert, key }, host.listenTls);
    using _unix = await passOnce({ path, backlog: 5 }, host.listenUnix);
    const bound = await passOnce({ ...udp, port: 0 }, host.bindUdp);
    const { port } = bound.localAddr;
    await passOnce({ ...udp, hostname: "host", port }, host.connectUdp);
    await passOnce(
      { family: AF_INET, socktype: SOCK_STREAM, timeout: 20_000 },
      (given) => host.getAddrInfo("host", "80", given),
    );
    await passOnce({ hostname: "10.0.0.1", port: 80 }, host.getNameInfo);
  });
});

Deno.test("options of hosts, links and explore() are read once", async () => {
  const link = { latency: 1, jitter: 1, loss: 0.1, mtu: 576, queue: 1000 };
  await simulate(async (network) => {
    const [a, b] = await Promise.all(
      ["10.0.0.8", "10.0.0.9"].map((address) =>
        passOnce(
          { addresses: [address], maxSockets: 9, resolver: {} },
          (given) =>
            Promise.resolve(network.host(`host${address.at(-1)}`, given)),
        )
      ),
    );
    await passOnce(
      { ...link, oneWay: true },
      (given) => Promise.resolve(network.link(a!, b!, given)),
    );
    await passOnce(
      { addresses: ["10.0.0.1"], mx: [], srv: [], ttl: 1, txt: [] },
      (given) => Promise.resolve(network.dns.set("x", given)),
    );
    await passOnce(
      { max: 5 },
      (given) => Promise.resolve(network.trace.toMermaid(given)),
    );
  });
  await passOnce(
    { link, maxTrace: 10, seed: 3, runs: 2, maxShrinkRuns: 1 },
    (options) => explore(options, () => {}),
  );
});
