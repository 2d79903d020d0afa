import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CertificateError,
  NotSupportedError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { connectTls, type ConnectTlsOptions } from "@berkeley/sockets/tls";
import { listenTcp } from "@berkeley/sockets/tcp";
import { bytes } from "../_each_stream.ts";
import { HAS_POSIX } from "../_posix.ts";
import {
  CARRIERS,
  CLIENT,
  eachCarrier,
  failure,
  good,
  SERVER,
  stranger,
} from "./_tls.ts";
import { IS_DENO } from "../_runtime.ts";

eachCarrier(
  "connectTls() sends and receives, and says what was agreed on",
  async ({ carrier, loopback, pair }) => {
    await using ends = await pair(
      { alpnProtocols: ["b", "a"] },
      { alpnProtocols: ["a", "b"] },
    );
    const { client, server } = ends;
    assertEquals([client.backend, server.backend], [carrier, carrier]);
    assertEquals([client.alpnProtocol, server.alpnProtocol], ["a", "a"]);
    assertEquals(client.serverName, loopback);
    assertEquals((await client.handshake()).alpnProtocol, "a");
    assertEquals(client.remoteAddr, server.localAddr);
    assertEquals(server.remoteAddr, client.localAddr);

    await client.send(bytes("question\n"));
    assertEquals(await server.readLine(), "question");
    await client.closeWrite();
    assertEquals(await server.readLine(), null);
    await server.send(bytes("answer"));
    await server.closeWrite();
    assertEquals(await client.readLine(), "answer");
    assertEquals(await client.readLine(), null);
  },
);

eachCarrier(
  "connectTls() verifies serverName in place of hostname",
  async ({ pair, listen, connect }) => {
    await using ends = await pair({ serverName: "localhost" });
    assertEquals(ends.client.serverName, "localhost");
    await using listener = await listen();
    const accepting = failure(listener.accept());
    const connecting = connect(listener.addr, { serverName: "db.test" });
    const error = await assertRejects(() => connecting, CertificateError);
    assertEquals(error.code, "ECERTNAME");
    assertEquals(error.syscall, "handshake");
    assertEquals(error.remoteAddr, listener.addr);
    listener.close();
    await accepting;
  },
);

eachCarrier(
  "connectTls() accepts another name only if told so, and still verifies the rest",
  async ({ pair, listen, connect }) => {
    const options = { unsafelyDisableHostnameVerification: true };
    await using ends = await pair({ ...options, serverName: "db.test" });
    await ends.client.send(bytes("x\n"));
    assertEquals(await ends.server.readLine(), "x");

    await using listener = await listen();
    const accepting = failure(listener.accept());
    const caCerts = [stranger.cert];
    const error = await assertRejects(
      () => connect(listener.addr, { ...options, caCerts }),
      CertificateError,
    );
    assertEquals(error.code, "ECERTISSUER");
    listener.close();
    await accepting;
  },
);

/** A TCP listener whose connections never answer, and those connections. */
async function silent(hostname: string) {
  const listener = await listenTcp({ hostname, port: 0 });
  return {
    addr: listener.addr,
    listener,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
    },
  };
}

eachCarrier(
  "connectTls() limits the handshake by timeout and signal",
  async ({ loopback, connect }) => {
    await using server = await silent(loopback);
    const accepting = server.listener.accept();
    const error = await assertRejects(
      () => connect(server.addr, { timeout: 50 }),
      TimedOutError,
    );
    assert(/^Cannot connect to .*: timed out/.test(error.message));
    using _first = await accepting;

    const reason = new Error("enough");
    const stop = new AbortController();
    const connecting = failure(
      connect(server.addr, { signal: stop.signal }),
    );
    using conn = await server.listener.accept();
    await conn.readExact(1); // the ClientHello has come
    stop.abort(reason);
    assertEquals(await connecting, reason);
  },
  { needs: "the runtime's API" },
);

eachCarrier(
  "connectTls() can be aborted at every moment, and leaves nothing open",
  async ({ listen, connect }) => {
    await using listener = await listen();
    const accepted: { close(): void }[] = [];
    const accepting = (async () => {
      for await (const conn of listener) accepted.push(conn);
    })();
    for (let turns = 0; turns < 24; turns++) {
      const stop = new AbortController();
      const connecting = connect(listener.addr, { signal: stop.signal })
        .then((conn) => conn.close(), (error) => error);
      for (let turn = 0; turn < turns; turn++) {
        if (turn % 2 === 0) await Promise.resolve();
        else await new Promise((resolve) => setTimeout(resolve, 0));
      }
      stop.abort("no more");
      const outcome = await connecting;
      assert(outcome === undefined || outcome === "no more", String(outcome));
    }
    listener.close();
    await accepting;
    for (const conn of accepted) conn.close();
  },
);

const ADDRESS = { hostname: "127.0.0.1", port: 9 };

const BAD: [what: string, options: object, error: RegExp][] = [
  ["a certificate without its key", { cert: good.cert }, /key is missing/],
  ["a key without its certificate", { key: good.key }, /cert is missing/],
  ["a certificate that is none", { ...SERVER, cert: "x" }, /cert: .*no cert/],
  ["a key that is none", { ...SERVER, key: good.cert }, /key: .*no private/],
  ["an authority that is none", { caCerts: ["x"] }, /caCerts\[0\]: .*no cert/],
  ["authorities that are no array", { caCerts: good.cert }, /caCerts: .*array/],
  ["a name that is none", { serverName: "a b" }, /serverName "a b"/],
  ["a host that is no text", { hostname: 5 }, /hostname 5/],
  ["a host that is none", { hostname: "a/b" }, /hostname "a\/b"/],
  ["a protocol without a name", { alpnProtocols: [""] }, /alpnProtocols/],
  ["protocols that are no array", { alpnProtocols: "h2" }, /alpnProtocols/],
  ["a backend that there is not", { backend: "posix" }, /backend "posix"/],
  ["a TCP backend that there is not", { tcpBackend: "x" }, /ackend/],
  [
    "a flag that is none",
    { unsafelyDisableHostnameVerification: 1 },
    /unsafelyDisableHostnameVerification 1/,
  ],
];

for (const [what, options, text] of BAD) {
  Deno.test({
    name: `connectTls() rejects ${what}, before it connects`,
    permissions: {},
    async fn() {
      const given = { ...ADDRESS, ...options } as ConnectTlsOptions;
      const error = await failure(connectTls(given));
      assert(error instanceof TypeError || error instanceof NotSupportedError);
      assert(text.test(error.message), error.message);
    },
  });
}

Deno.test({
  name: "connectTls() over deno says which options it lacks, and what to do",
  ignore: !IS_DENO,
  permissions: {},
  async fn() {
    const lacks: [Partial<ConnectTlsOptions>, RegExp][] = [
      [SERVER, /sends no client certificate; use backend: "node"/],
      [{ tcpBackend: "node" }, /only TCP connections of the "deno" backend/],
      [{ localPort: 1 }, /localPort/],
    ];
    for (const [options, text] of lacks) {
      const error = await assertRejects(
        () => connectTls({ ...ADDRESS, ...options, backend: "deno" }),
        NotSupportedError,
      );
      assert(text.test(error.message), error.message);
    }
  },
});

eachCarrier(
  "connectTls() chooses the API that can do what the options ask for",
  async ({ carrier, loopback, listen }) => {
    await using listener = await listen();
    const needs: [Partial<ConnectTlsOptions>, string][] = [
      [{}, IS_DENO ? "deno" : "node"],
      [{ localAddress: loopback }, "node"],
      [{ tcpBackend: "node" }, "node"],
      [SERVER, "node"],
      ...(HAS_POSIX ? [[{ tcpBackend: "posix" }, "node"] as const] : []),
    ] as [Partial<ConnectTlsOptions>, string][];
    for (const [options, expected] of needs) {
      const [conn, far] = await Promise.all([
        connectTls({ ...listener.addr, ...CLIENT, ...options }),
        listener.accept(),
      ]);
      assertEquals([conn.backend, far.backend], [expected, carrier]);
      await conn.send(bytes("x\n"));
      assertEquals(await far.readLine(), "x");
      await Promise.all([
        conn[Symbol.asyncDispose](),
        far[Symbol.asyncDispose](),
      ]);
    }
  },
  { needs: "the runtime's API", ffi: HAS_POSIX },
);

eachCarrier("TlsConn passes as a Deno.TlsConn", async ({ pair }) => {
  await using ends = await pair();
  const { client, server } = ends;
  const conn: Deno.TlsConn = client;
  const { alpnProtocol } = await conn.handshake();
  assertEquals(alpnProtocol, null);
  assertEquals(await conn.write(bytes("abc")), 3);
  assertEquals(await server.readExact(3), bytes("abc"));
  client.close();
  const error = await failure(client.handshake());
  assertEquals((error as { code?: string }).code, "EBADF");
});

Deno.test("the tests of TLS cover every API that encrypts", async () => {
  const { BACKEND_NAMES } = await import("../../tls/_backends.ts");
  const here = BACKEND_NAMES.filter((name) => IS_DENO || name !== "deno");
  assertEquals([...CARRIERS].sort(), [...here].sort());
});
