/** What the protocols of all proxies have in common, in a simulated network. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  NotCapableError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import {
  type AuthenticatedProxyOptions,
  httpConnect,
  socks4a,
  socks5,
  type TcpProxy,
} from "@berkeley/sockets/proxy";
import { connectTcp, serveTcp, TcpConn } from "@berkeley/sockets/tcp";
import { explore } from "@berkeley/sockets/testing";
import { IS_DENO } from "../_runtime.ts";
import {
  type Behaviour,
  httpServer,
  newLog,
  socks4aServer,
  socks5Server,
} from "./_servers.ts";
import { PROXY, serveProxy, TARGET, test, threeHosts } from "./_simulated.ts";

const PROTOCOLS: readonly {
  name: string;
  make(options: AuthenticatedProxyOptions): TcpProxy;
  serve: typeof socks5Server;
  hasIpv6: boolean;
  /** A whole answer that connects, to all that is asked. */
  answer: Uint8Array;
}[] = [
  {
    ...{ name: "socks5()", make: socks5, serve: socks5Server, hasIpv6: true },
    answer: Uint8Array.of(5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0),
  },
  {
    name: "socks4a()",
    make: ({ password: _, ...options }) => socks4a(options),
    serve: socks4aServer,
    hasIpv6: false,
    answer: Uint8Array.of(0, 0x5a, 0, 0, 0, 0, 0, 0),
  },
  {
    ...{ name: "httpConnect()", make: httpConnect, serve: httpServer },
    ...{
      hasIpv6: true,
      answer: new TextEncoder().encode("HTTP/1.1 200\r\n\r\n"),
    },
  },
];

for (const { name, make, serve, hasIpv6, answer } of PROTOCOLS) {
  const kinds: [string, Behaviour][] = [
    ["at once", {}],
    ["a byte at a time", { isSlow: true }],
    ["with the target's first bytes", { behind: "first\n" }],
  ];
  for (const [how, behaviour] of kinds) {
    test(`${name} connects by name if the proxy answers ${how}`, async (network) => {
      const { client, proxy } = await threeHosts(network);
      const log = newLog();
      await serveProxy(proxy, serve(proxy, log, behaviour));
      const own = make(PROXY);
      using conn = await client.connectTcp({ ...TARGET, proxy: own });
      assert(conn instanceof TcpConn);
      const { behind = "" } = behaviour;
      assertEquals(conn.buffered >= behind.length, true, "is in the buffer");
      if (behind !== "") assertEquals(await conn.readLine(), "first");
      assertEquals(await conn.readLine(), "hello");
      await conn.send("ping\n");
      assertEquals(await conn.readLine(), "ping");
      assertEquals(conn.bytesRead, behind.length + "hello\nping\n".length);
      await conn.closeWrite();
      assertEquals(await conn.readLine(), null);
      assertEquals(log.targets, ["target:7"]);
      assertEquals(conn.remoteAddr, { transport: "tcp", ...TARGET });
      assertEquals(conn.localAddr.hostname, client.addresses[0]);
    });
  }

  for (const at of hasIpv6 ? [0, 1] : [0]) {
    test(`${name} connects to an address of IPv${at ? 6 : 4}`, async (network) => {
      const { client, proxy, target } = await threeHosts(network);
      const log = newLog();
      await serveProxy(proxy, serve(proxy, log));
      const hostname = target.addresses[at]!;
      using conn = await client.connectTcp({
        ...{ hostname: at ? `[${hostname}]` : hostname, port: 7 },
        proxy: make(PROXY),
      });
      assertEquals(await conn.readLine(), "hello");
      assertEquals(log.targets, [at ? `[${hostname}]:7` : `${hostname}:7`]);
    });
  }

  test(`${name} looks the name up here with resolve: "local"`, async (network) => {
    const { client, proxy, target } = await threeHosts(network);
    const log = newLog();
    await serveProxy(proxy, serve(proxy, log));
    const own = make({ ...PROXY, resolve: "local" });
    using conn = await client.connectTcp({ ...TARGET, proxy: own });
    assertEquals(await conn.readLine(), "hello");
    assertEquals(log.targets, [`${target.addresses[0]}:7`]);
    assertEquals(conn.remoteAddr.hostname, "target");
  });

  test(`${name} times out at each byte of the answer, and closes the connection`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    const own = make(PROXY);
    const stalls = [...answer.keys()];
    let ended = 0;
    await serveProxy(proxy, async (conn) => {
      await conn.peek(1);
      await conn.send(answer.subarray(0, stalls.shift()));
      while (await conn.read(new Uint8Array(1000)) !== null);
      ended++;
    });
    for (let i = 0; i < answer.length; i++) {
      const start = performance.now();
      const error = await assertRejects(
        () => client.connectTcp({ ...TARGET, proxy: own, timeout: 1000 }),
        TimedOutError,
        `Cannot connect to target:7 through ${own.name}: timed out (ETIMEDOUT)`,
      );
      const took = performance.now() - start;
      assert(took >= 1000 && took < 1100, `${took} ms`);
      assertEquals(error.syscall, "connect");
    }
    await network.sleep(1000);
    assertEquals(ended, answer.length);
  });

  for (const end of ["FIN", "RST"]) {
    test(`${name} reports an answer that ${end} cuts at each byte`, async (network) => {
      const { client, proxy } = await threeHosts(network);
      const own = make(PROXY);
      const cuts = [...answer.keys(), answer.length];
      await serveProxy(proxy, async (conn) => {
        await conn.peek(1);
        await conn.send(answer.subarray(0, cuts.shift()));
        await conn.flush();
        await network.sleep(100); // so that the bytes arrive before RST
        if (end === "RST") return (conn as TcpConn).reset();
        await conn.closeWrite();
        while (await conn.read(new Uint8Array(1000)) !== null);
      });
      const codes: string[] = [];
      for (let i = 0; i < answer.length; i++) {
        const error = await assertRejects(
          () => client.connectTcp({ ...TARGET, proxy: own }),
          SocketError,
          `Cannot connect to target:7 through ${own.name}: `,
        );
        codes.push(error.code);
      }
      const code = end === "FIN" ? "EOF" : "ECONNRESET";
      assertEquals(codes, new Array(answer.length).fill(code));
      (await client.connectTcp({ ...TARGET, proxy: own })).close();
    });
  }

  test(`${name} rejects with the reason of the signal, at any time`, async (network) => {
    const { client, proxy } = await threeHosts(network);
    await serveProxy(proxy, serve(proxy, newLog(), { isSlow: true }));
    let connected = 0;
    for (let ms = 0; ms < 120; ms += 3) {
      const { signal } = new AbortController();
      const cancelled = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
      const result = await client.connectTcp({
        ...{ ...TARGET, proxy: make(PROXY), signal: cancelled },
      }).catch((error) => error);
      if (result instanceof TcpConn) {
        connected++;
        result.close();
      } else assertEquals(result.name, "TimeoutError", `${result}`);
    }
    assert(connected > 0 && connected < 40, `${connected} of 40`);
  });

  test(`${name} names the proxy that cannot be reached`, async (network) => {
    const { client } = await threeHosts(network);
    const own = make(PROXY);
    const error = await assertRejects(
      () => client.connectTcp({ ...TARGET, proxy: own }),
      SocketError,
    );
    assertEquals(error.code, "ECONNREFUSED");
    assert(
      error.message.startsWith(
        `Cannot connect to target:7 through ${own.name}: cannot connect to proxy:1080`,
      ),
      error.message,
    );
    assert(error.cause instanceof SocketError);
  });

  Deno.test(`${name} connects over lossy links, with no byte lost (explore)`, async () => {
    await explore(
      { runs: 8, link: { loss: 0.1, jitter: 20 } },
      async (network) => {
        const { client, proxy } = await threeHosts(network);
        await serveProxy(proxy, serve(proxy, newLog(), { behind: "first\n" }));
        using conn = await client.connectTcp({ ...TARGET, proxy: make(PROXY) });
        assertEquals(await conn.readLine(), "first");
        assertEquals(await conn.readLine(), "hello");
      },
    );
  });

  test(`${name} refuses hosts that a proxy must not see`, async (network) => {
    const { client } = await threeHosts(network);
    const own = make(PROXY);
    const bad = [
      "a\r\nX: y",
      "a b",
      "",
      "fe80::1%eth0",
      "a:b",
      "x".repeat(256),
    ];
    for (const hostname of bad) {
      await assertRejects(
        () => client.connectTcp({ hostname, port: 1, proxy: own }),
        TypeError,
      );
    }
  });
}

test("connectTcp() refuses what is no proxy", async (network) => {
  const client = network.host("client");
  for (const proxy of [{ name: "mine" }, null, "socks5"]) {
    await assertRejects(
      () =>
        client.connectTcp({ ...TARGET, proxy: proxy as unknown as TcpProxy }),
      TypeError,
      "must make it",
    );
  }
});

test("connectTcp() reaches the targets of a service through a proxy", async (network) => {
  const { client, proxy } = await threeHosts(network);
  const log = newLog();
  await serveProxy(proxy, socks5Server(proxy, log));
  network.dns.set("_echo._tcp.example.test", {
    srv: [
      { priority: 0, weight: 0, port: 9, target: "target" }, // refused
      { priority: 1, weight: 0, port: 7, target: "target" },
    ],
  });
  using conn = await client.connectTcp({
    ...{ service: "_echo._tcp.example.test", proxy: socks5(PROXY) },
  });
  assertEquals(await conn.readLine(), "hello");
  assertEquals(log.targets, ["target:9", "target:7"]);
});

Deno.test({
  name: "connectTcp() needs permission for the proxy only",
  ignore: !IS_DENO,
  permissions: { net: ["127.0.0.1"] },
  async fn() {
    const options = { hostname: "127.0.0.1", port: 0 };
    await using server = await serveTcp(options, async (conn) => {
      await conn.readUntil("target\0");
      await conn.send(Uint8Array.of(0, 0x5a, 0, 0, 0, 0, 0, 0));
      await conn.send("hello\n");
    });
    const { port } = server.addr;
    const proxy = socks4a({ hostname: "127.0.0.1", port });
    using conn = await connectTcp({ ...TARGET, proxy });
    assertEquals(await conn.readLine(), "hello");
    const other = socks4a({ hostname: "127.0.0.2", port });
    await assertRejects(
      () => connectTcp({ ...TARGET, proxy: other }),
      NotCapableError,
      "--allow-net",
    );
  },
});
