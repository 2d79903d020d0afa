import { IS_DENO } from "../_runtime.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { listenRaw } from "../_raw_tcp.ts";
import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
import {
  AddrInfoError,
  ConnectionRefusedError,
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { Resolver } from "@berkeley/sockets/resolve";
import { eachFamily } from "../_each_family.ts";
import { BACKENDS, eachTransport } from "../_each_stream.ts";

eachTransport(
  "connectTcp() tells both addresses",
  async ({ pair, loopback, backend }) => {
    using ends = await pair();
    assertEquals(ends.client.backend, backend);
    assertEquals(ends.client.localAddr, ends.server.remoteAddr);
    assertEquals(ends.client.remoteAddr, ends.server.localAddr);
    assertEquals(ends.client.remoteAddr.hostname, loopback);
  },
);

eachTransport(
  "connectTcp() rejects when the peer refuses",
  async ({ backend, listen, connect, loopback }) => {
    const listener = await listen();
    listener.close();
    const error = await assertRejects(
      () => connect(listener.addr),
      ConnectionRefusedError,
    );
    const at = loopback.includes(":") ? `[${loopback}]` : loopback;
    assertEquals(
      error.message,
      `Cannot connect to ${at}:${listener.addr.port}: connection refused (ECONNREFUSED)`,
    );
    assert(
      error instanceof SocketError &&
        error instanceof Deno.errors.ConnectionRefused,
    );
    assertEquals(error.syscall, "connect");
    assertEquals(error.remoteAddr, listener.addr);
    // Over libc there is no error of a runtime that it could be made of.
    assertEquals(error.cause instanceof Error, backend !== "posix");
  },
);

eachTransport(
  "connectTcp() by name reaches a listener on one family",
  async ({ listen, connect }) => {
    using listener = await listen();
    using conn = await connect({ ...listener.addr, hostname: "localhost" });
    assertEquals(conn.remoteAddr, listener.addr);
  },
);

eachTransport(
  "connectTcp() lists every attempt when all fail",
  async ({ listen, connect }) => {
    const listener = await listen();
    listener.close();
    const error = await assertRejects(
      () => connect({ ...listener.addr, hostname: "localhost" }),
      ConnectionRefusedError,
      "127.0.0.1",
    );
    assert(error.message.includes("[::1]"), error.message);
    assert(error.cause instanceof AggregateError);
    assertEquals(error.cause.errors.length, 2);
    for (const one of error.cause.errors) {
      assert(
        one instanceof ConnectionRefusedError,
      );
    }
  },
);

eachTransport(
  "connectTcp() keeps to the family that it is told",
  async ({ listen, connect, family }) => {
    using listener = await listen();
    using conn = await connect(
      { ...listener.addr, hostname: "localhost" },
      { family },
    );
    assertEquals(conn.remoteAddr.hostname.includes(":"), family === 6);
    await assertRejects(
      () => connect(listener.addr, { family: family === 4 ? 6 : 4 }),
      AddrInfoError,
      "EAI_ADDRFAMILY",
    );
  },
);

eachTransport(
  "connectTcp() rejects with the reason of an aborted signal",
  async ({ listen, connect }) => {
    using listener = await listen();
    const reason = new Error("no longer needed");
    const early = await assertRejects(() =>
      connect(listener.addr, { signal: AbortSignal.abort(reason) })
    );
    assertEquals(early, reason);
    const giveUp = new AbortController();
    const connecting = connect(listener.addr, { signal: giveUp.signal });
    giveUp.abort(reason);
    assertEquals(await assertRejects(() => connecting), reason);
  },
);

eachTransport(
  "connections outlive the signal that they were made with",
  async ({ listen, connect }) => {
    using listener = await listen();
    const giveUp = new AbortController();
    using conn = await connect(listener.addr, {
      signal: giveUp.signal,
      timeout: 60_000,
    });
    using server = await listener.accept();
    giveUp.abort();
    await server.writeAll(new Uint8Array([1]));
    assertEquals([...await conn.readExact(1)], [1]);
  },
);

eachTransport(
  "connectTcp() tries an address once that the resolver gives for both families",
  async ({ listen, connect, loopback }) => {
    const listener = await listen();
    listener.close();
    const { hostname, port } = listener.addr;
    const address = { hostname: loopback, port };
    const other = loopback === "::1" ? "127.0.0.1" : "::1";
    const rows = [
      { found: [address, address], tried: 1 },
      { found: [address, { hostname: other, port }], tried: 2 },
    ];
    for (const { found, tried } of rows) {
      const resolver = {
        getAddrInfo: () =>
          Promise.resolve(found.map((address) => ({ address }))),
      };
      const error = await assertRejects(
        () =>
          connect({ ...listener.addr, hostname: "name.test" }, { resolver }),
        ConnectionRefusedError,
        tried === 1 ? `${port}: connection refused` : hostname,
      );
      const { errors } = (error.cause ?? {}) as Partial<AggregateError>;
      assertEquals(errors?.length ?? 1, tried);
    }
  },
);

eachTransport(
  "connectTcp() and listenTcp() keep to a family that the resolver ignores",
  async ({ listen, connect, family, loopback }) => {
    using listener = await listen();
    const { port } = listener.addr;
    const resolver = {
      getAddrInfo: () =>
        Promise.resolve(
          ["::1", "127.0.0.1"].map((hostname) => ({
            address: { hostname, port },
          })),
        ),
    };
    using conn = await connect(
      { ...listener.addr, hostname: "name.test" },
      { family, resolver },
    );
    assertEquals(conn.remoteAddr, listener.addr);
    using second = await listen({ hostname: "name.test", family, resolver });
    assertEquals(second.addr.hostname, loopback);
  },
);

eachTransport(
  "connectTcp() and listenTcp() say so when the resolver finds nothing",
  async ({ listen, connect }) => {
    const resolver = { getAddrInfo: () => Promise.resolve([]) };
    const addr = { transport: "tcp", hostname: "name.test", port: 1 } as const;
    const calls = [
      () => connect(addr, { resolver }),
      () => listen({ hostname: "name.test", resolver }),
    ];
    for (const call of calls) {
      const { code } = await assertRejects(call, AddrInfoError);
      assertEquals(code, "EAI_NODATA");
    }
  },
);

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `connectTcp() and listenTcp() unmap IPv4-mapped addresses, over ${backend}`,
    // The mapped address itself is not permitted.
    permissions: { net: ["127.0.0.1"], ffi: backend === "posix" },
    fn: async () => {
      const hostname = "::ffff:127.0.0.1";
      using listener = await listenTcp({ hostname, port: 0, backend });
      assertEquals(listener.addr.hostname, "127.0.0.1");
      const { port } = listener.addr;
      using client = await connectTcp({ hostname, port, backend });
      assertEquals(client.remoteAddr, listener.addr);
      using server = await listener.accept();
      assertEquals(server.remoteAddr, client.localAddr);
      if (backend === "deno") return;
      using bound = await connectTcp({
        ...listener.addr,
        localAddress: hostname,
        backend,
      });
      assertEquals(bound.localAddr.hostname, "127.0.0.1");
    },
  });
}

eachFamily(
  "connectTcp() binds the near end where it is told, over node",
  async ({ loopback }) => {
    using listener = await listenTcp({ hostname: loopback, port: 0 });
    const free = await listenTcp({ hostname: loopback, port: 0 });
    free.close();
    const localPort = free.addr.port;
    using conn = await connectTcp({
      ...listener.addr,
      localAddress: loopback,
      localPort,
    });
    assertEquals(conn.backend, "node");
    assertEquals(conn.localAddr.port, localPort);
    using server = await listener.accept();
    assertEquals(server.remoteAddr.port, localPort);
    await assertRejects(
      () => connectTcp({ ...listener.addr, localPort, backend: "deno" }),
      NotSupportedError,
      IS_DENO ? 'backend: "node"' : "needs Deno",
    );
  },
);

eachFamily(
  "connectTcp() with an idle time for keep-alive takes node",
  async ({ loopback }) => {
    using listener = await listenTcp({ hostname: loopback, port: 0 });
    using conn = await connectTcp({ ...listener.addr, keepAlive: 30_000 });
    assertEquals(conn.backend, "node");
    using other = await connectTcp({ ...listener.addr, keepAlive: true });
    assertEquals(other.backend, IS_DENO ? "deno" : "node");
  },
);

Deno.test({
  name: "connectTcp() times out while a full listener does not answer",
  permissions: { net: true },
  // Linux leaves a SYN unanswered when the accept queue is full.
  // Node accepts all that come.
  ignore: Deno.build.os !== "linux" || !IS_DENO,
  async fn() {
    using listener = await listenRaw({
      hostname: "127.0.0.1",
      port: 0,
      tcpBacklog: 1,
    });
    const filling: Deno.Conn[] = [];
    let error: unknown;
    try {
      for (let i = 0; i < 10 && error === undefined; i++) {
        await connectTcp({ ...listener.addr, timeout: 300 }).then(
          (conn) => filling.push(conn),
          (reason) => error = reason,
        );
      }
    } finally {
      for (const conn of filling) conn.close();
    }
    assert(error instanceof TimedOutError, String(error));
    assert(error instanceof Deno.errors.TimedOut);
    assert(error.message.endsWith("timed out (ETIMEDOUT)"), error.message);
  },
});

const BAD: [
  string,
  Parameters<typeof connectTcp>[0],
  new (message: string) => Error,
][] = [
  ["port 0", { port: 0 }, RangeError],
  ["port 65536", { port: 65_536 }, RangeError],
  ["port -1", { port: -1 }, RangeError],
  ["port NaN", { port: NaN }, RangeError],
  ["port 1.5", { port: 1.5 }, RangeError],
  ["an empty host", { hostname: "", port: 1 }, AddrInfoError],
  ["a malformed host", { hostname: "a b", port: 1 }, AddrInfoError],
  ["127.1", { hostname: "127.1", port: 1 }, AddrInfoError],
  [
    "a host that never exists",
    { hostname: "no.invalid", port: 1 },
    AddrInfoError,
  ],
  ["a local port out of range", { port: 1, localPort: 65_536 }, RangeError],
  [
    "a local address that is a name",
    { port: 1, localAddress: "localhost" },
    TypeError,
  ],
  ["a negative timeout", { port: 1, timeout: -1 }, RangeError],
  ["a negative attempt delay", { port: 1, attemptDelay: -1 }, RangeError],
  ["a keep-alive time of 0", { port: 1, keepAlive: 0 }, RangeError],
  ["an endless keep-alive time", { port: 1, keepAlive: Infinity }, RangeError],
  ["a high-water mark of 0", { port: 1, highWaterMark: 0 }, RangeError],
  ["family 5", { port: 1, family: 5 as 4 }, TypeError],
];

for (const [what, options, expected] of BAD) {
  Deno.test({
    name: `connectTcp() refuses ${what}`,
    permissions: { net: true },
    async fn() {
      await assertRejects(() => connectTcp(options), expected);
    },
  });
}

Deno.test({
  name: "connectTcp() asks the resolver that it is given",
  permissions: { net: true },
  async fn() {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    const resolver = new Resolver({ order: "ipv4first" });
    using conn = await connectTcp({
      hostname: "sub.localhost",
      port: listener.addr.port,
      resolver,
    });
    assertEquals(conn.remoteAddr, listener.addr);
  },
});

Deno.test({
  name: "connectTcp() takes any object that finds addresses",
  permissions: { net: true },
  async fn() {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    const asked: unknown[] = [];
    using conn = await connectTcp({
      hostname: "my-service",
      port: listener.addr.port,
      family: 4,
      resolver: {
        getAddrInfo(node, service) {
          asked.push([node, service]);
          return Promise.resolve([{ address: listener.addr }]);
        },
      },
    });
    assertEquals(asked, [["my-service", listener.addr.port]]);
    assertEquals(conn.remoteAddr, listener.addr);
  },
});
