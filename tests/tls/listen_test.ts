import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { connectTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "@berkeley/sockets/testing";
import {
  connectTls,
  listenTls,
  type TlsConn,
  type TlsListener,
} from "@berkeley/sockets/tls";
import { bytes, until } from "../_each_stream.ts";
import {
  authority,
  CLIENT,
  eachCarrier,
  failure,
  good,
  SERVER,
  stranger,
} from "./_tls.ts";
import { IS_DENO } from "../_runtime.ts";

eachCarrier(
  "TlsListener accepts connections in the order in which their handshakes end",
  async ({ host, listen, connect }) => {
    await using listener = await listen();
    const accepting = listener.accept();
    using _stalled = await host.connectTcp(listener.addr);
    const [client, server] = await Promise.all([
      connect(listener.addr),
      accepting,
    ]);
    assertEquals(server.remoteAddr.port, client.localAddr.port);
    await server.send(bytes("hi\n"));
    assertEquals(await client.readLine(), "hi");
    client.close();
    server.close();
  },
);

eachCarrier(
  "TlsListener ends a handshake that takes too long, and reports it",
  async ({ host, listen }) => {
    const errors: unknown[] = [];
    await using listener = await listen({
      handshakeTimeout: 20,
      onError: (error) => errors.push(error),
    });
    const accepting = failure(listener.accept());
    using stalled = await host.connectTcp(listener.addr);
    await until(() => errors.length === 1);
    const [error] = errors;
    assert(error instanceof TimedOutError, Deno.inspect(error));
    assertEquals(error.remoteAddr, stalled.localAddr);
    assertEquals(error.syscall, "handshake");
    assert(/^Cannot start TLS with .*: timed out/.test(error.message));
    listener.close();
    assert(await accepting instanceof ClosedError);
  },
);

eachCarrier(
  "an accept() that was cancelled takes no connection with it",
  async ({ listen, connect }) => {
    await using listener = await listen();
    const late = await failure(listener.accept({ timeout: 0 }));
    assert(late instanceof TimedOutError, Deno.inspect(late));
    const stop = new AbortController();
    const cancelled = failure(listener.accept({ signal: stop.signal }));
    // Below, the accept that was cancelled goes on, and gets the connection.
    stop.abort("enough");
    assertEquals(await cancelled, "enough");
    using client = await connect(listener.addr);
    using server = await listener.accept();
    assertEquals(server.remoteAddr, client.localAddr);
  },
);

Deno.test({
  name: "TlsListener closes the connection of a handshake that takes too long",
  permissions: { net: true },
  async fn() {
    await using listener = await listenTls({
      ...{ hostname: "127.0.0.1", port: 0, ...SERVER },
      handshakeTimeout: 20,
    });
    const accepting = failure(listener.accept());
    using stalled = await connectTcp(listener.addr);
    // The end of the stream, or a reset: the descriptor is free either way.
    const end = await stalled.readLine({ timeout: 10_000 })
      .catch((error) => error.code);
    assert(end === null || end === "ECONNRESET", String(end));
    listener.close();
    await accepting;
  },
});

eachCarrier(
  "TlsListener reports broken handshakes, and goes on",
  async ({ host, listen, connect }) => {
    const errors: SocketError[] = [];
    await using listener = await listen({
      onError: (error) => {
        errors.push(error as SocketError);
        throw "what a user's function throws";
      },
    });
    const accepting = listener.accept();
    const { error: log } = console;
    const logged: unknown[] = [];
    console.error = (...args: unknown[]) => logged.push(...args);
    try {
      using plain = await host.connectTcp(listener.addr);
      await plain.send(bytes("GET / HTTP/1.0\r\n\r\n"));
      await until(() => errors.length === 1);
      assertEquals(errors[0]!.code, "EPROTO");

      using ended = await host.connectTcp(listener.addr);
      await ended.closeWrite();
      await until(() => errors.length === 2);
      assertEquals(errors[1]!.code, "EOF");

      const options = { caCerts: [stranger.cert] };
      await assertRejects(() => connect(listener.addr, options));
      await until(() => errors.length === 3);
    } finally {
      console.error = log;
    }
    assertEquals(logged, Array(3).fill("what a user's function throws"));
    const [client, server] = await Promise.all([
      connect(listener.addr),
      accepting,
    ]);
    assertEquals(server.remoteAddr, client.localAddr);
    client.close();
    server.close();
  },
);

eachCarrier(
  "TlsListener keeps at most maxHandshakes connections that nobody has accepted",
  async ({ host, listen, connect }) => {
    const errors: unknown[] = [];
    await using listener = await listen({
      maxHandshakes: 2,
      handshakeTimeout: 0,
      onError: (error) => errors.push(error),
    });
    const accepting = listener.accept();
    const first = await host.connectTcp(listener.addr);
    const second = await host.connectTcp(listener.addr);
    const connecting = connect(listener.addr);
    // Both places are taken: the third waits until one of them gives up.
    const outcome = await Promise.race([
      accepting.then(() => "accepted"),
      new Promise((resolve) => setTimeout(resolve, 30, "waiting")),
    ]);
    assertEquals(outcome, "waiting");
    first.close();
    const [client, server] = await Promise.all([connecting, accepting]);
    assertEquals(errors.length, 1);
    for (const conn of [second, client, server]) conn.close();
  },
);

eachCarrier(
  "close() ends handshakes and pending accepts, and frees the port",
  async ({ host, listen, connect, loopback }) => {
    const errors: unknown[] = [];
    const listener = await listen({ onError: (error) => errors.push(error) });
    using stalled = await host.connectTcp(listener.addr);
    const [client, server] = await Promise.all([
      connect(listener.addr),
      listener.accept(),
    ]);
    const accepts = [failure(listener.accept()), failure(listener.accept())];
    listener.close();
    listener.close();
    for (const error of await Promise.all(accepts)) {
      assert(error instanceof ClosedError, Deno.inspect(error));
    }
    await listener[Symbol.asyncDispose]();
    assertEquals(errors, []);
    assert(await failure(listener.accept()) instanceof ClosedError);
    // Connections that were accepted live on.
    await server.send(bytes("still here\n"));
    assertEquals(await client.readLine(), "still here");
    for (const conn of [stalled, client, server]) conn.close();
    const { port } = listener.addr;
    await using again = await listen({ hostname: loopback, port });
    assertEquals(again.addr, listener.addr);
  },
);

/** Closes all connections that come. */
async function closeAll(listener: TlsListener): Promise<void> {
  for await (const conn of listener) conn.close();
}

/** What comes of a client that asks for a name: an error's code, if it fails. */
async function outcomeFor(
  listener: TlsListener,
  serverName: string,
): Promise<string> {
  try {
    const conn = await connectTls({ ...listener.addr, serverName, ...CLIENT });
    conn.close();
    return "connected";
  } catch (error) {
    return (error as SocketError).code;
  }
}

Deno.test({
  name:
    "TlsListener chooses the certificate by the name that the client asks for",
  permissions: { net: true },
  async fn() {
    const own = async (...names: string[]) =>
      await makeCertificate({ issuer: authority, names });
    const [a, wild, standard] = [
      await own("a.test"),
      await own("*.wild.test"),
      await own("other.test"),
    ];
    const certificates = { "A.test": a, "*.wild.test": wild };
    const address = { hostname: "127.0.0.1", port: 0 };
    const { cert, key } = standard;
    await using listener = await listenTls({
      ...address,
      cert,
      key,
      certificates,
    });
    assertEquals(listener.backend, "node");
    const closing = closeAll(listener);
    const cases = [
      ["a.test", "connected"],
      ["x.wild.test", "connected"],
      ["x.y.wild.test", "ECERTNAME"],
      ["other.test", "connected"],
      ["unknown.test", "ECERTNAME"],
    ] as const;
    for (const [name, expected] of cases) {
      const got = await outcomeFor(listener, name);
      assertEquals([name, got], [name, expected]);
    }

    listener.setCertificate(await own("new.test"), "new.test");
    listener.setCertificate(await own("unknown.test"));
    for (const name of ["new.test", "unknown.test", "a.test"]) {
      const got = await outcomeFor(listener, name);
      assertEquals([name, got], [name, "connected"]);
    }

    await using strict = await listenTls({ ...address, certificates });
    const closingStrict = closeAll(strict);
    const codes = [
      await outcomeFor(strict, "a.test"),
      await outcomeFor(strict, "b.test"),
    ];
    assertEquals(codes, ["connected", "ETLSREFUSED"]);
    for (const each of [listener, strict]) each.close();
    await Promise.all([closing, closingStrict]);
  },
});

Deno.test({
  name: "setCertificate() changes the certificate of later handshakes alone",
  permissions: { net: true },
  async fn() {
    const next = await makeCertificate({ issuer: stranger });
    await using listener = await listenTls({
      ...{ hostname: "127.0.0.1", port: 0, ...SERVER },
    });
    const connect = (caCerts: string[]) =>
      connectTls({ ...listener.addr, caCerts });
    const [before, accepted] = await Promise.all([
      connect(CLIENT.caCerts),
      listener.accept(),
    ]);
    listener.setCertificate(next);
    await before.send(bytes("still here\n"));
    assertEquals(await accepted.readLine(), "still here");

    const accepting = listener.accept();
    await assertRejects(() => connect(CLIENT.caCerts), SocketError);
    const [after, last] = await Promise.all([
      connect([stranger.cert]),
      accepting,
    ]);
    for (const conn of [before, accepted, after, last]) conn.close();
    assertThrows(
      () => listener.setCertificate({ ...good, key: "" }),
      TypeError,
    );
    listener.close();
    assertThrows(() => listener.setCertificate(good), ClosedError);
  },
});

Deno.test({
  name: "setCertificate() over deno says what to do instead",
  ignore: !IS_DENO,
  permissions: { net: true },
  async fn() {
    await using listener = await listenTls({
      ...{ hostname: "127.0.0.1", port: 0, ...SERVER, backend: "deno" },
    });
    const error = assertThrows(
      () => listener.setCertificate(good),
      NotSupportedError,
    );
    assert(/listen with backend: "node"/.test(error.message), error.message);
  },
});

const CLIENT_AUTH = [
  ["none", "none", "connected"],
  ["none", "known", "connected"],
  ["request", "none", "connected"],
  ["request", "known", "connected"],
  ["request", "unknown", "refused"],
  ["require", "none", "refused"],
  ["require", "known", "connected"],
  ["require", "unknown", "refused"],
] as const;

for (const [clientAuth, sent, expected] of CLIENT_AUTH) {
  Deno.test({
    name:
      `clientAuth "${clientAuth}": a client with ${sent} certificate is ${expected}`,
    permissions: { net: true },
    async fn() {
      const issuer = sent === "unknown" ? stranger : authority;
      const own = await makeCertificate({ issuer, usage: "client" });
      const certificate = sent === "none"
        ? {}
        : { cert: own.cert, key: own.key };
      const errors: SocketError[] = [];
      await using listener = await listenTls({
        ...{ hostname: "127.0.0.1", port: 0, ...SERVER },
        ...(clientAuth === "none" ? {} : { clientAuth, ...CLIENT }),
        onError: (error) => errors.push(error as SocketError),
      });
      const accepting = listener.accept();
      // Under TLS 1.3 the refusal may be the error of the first read.
      let client: TlsConn | undefined;
      const talk = async () => {
        client = await connectTls({
          ...listener.addr,
          ...CLIENT,
          ...certificate,
        });
        return await client.readLine();
      };
      const talking = failure(talk());
      if (expected === "connected") {
        const server = await accepting;
        await server.send(bytes("welcome\n"));
        assertEquals(await talking, undefined);
        server.close();
      } else {
        const error = await talking;
        assert(error instanceof SocketError, Deno.inspect(error));
        await until(() => errors.length === 1);
        const code = sent === "none" ? "ETLSCLIENTCERT" : "ECERTISSUER";
        assertEquals(errors[0]!.code, code);
        accepting.catch(() => {});
      }
      client?.close();
    },
  });
}

const BAD: [what: string, options: object, error: RegExp][] = [
  ["no certificate", { cert: undefined, key: undefined }, /cert and key/],
  ["no key", { key: undefined }, /key is missing/],
  ["a key of another certificate", { key: stranger.key }, /key/],
  ["names that are no object", { certificates: 1 }, /certificates/],
  ["a name that is none", { certificates: { "a b": SERVER } }, /"a b"/],
  ["a name without a key", { certificates: { a: { cert: good.cert } } }, /key/],
  ["a timeout that is none", { handshakeTimeout: -1 }, /handshakeTimeout -1/],
  ["a limit that is none", { maxHandshakes: 0 }, /maxHandshakes 0/],
  ["what is no function", { onError: 1 }, /onError 1/],
  ["a choice that there is not", { clientAuth: "no" }, /clientAuth "no"/],
  ["no authority of clients", { clientAuth: "require" }, /caCerts is missing/],
  ["a port that is none", { port: -1 }, /port/],
  ["a backend that there is not", { backend: "posix" }, /backend "posix"/],
];

for (const [what, options, text] of BAD) {
  Deno.test({
    name: `listenTls() rejects ${what}`,
    permissions: { net: true },
    async fn() {
      const given = { hostname: "127.0.0.1", port: 0, ...SERVER, ...options };
      const error = await failure(listenTls(given));
      assert(
        error instanceof TypeError || error instanceof RangeError,
        Deno.inspect(error),
      );
      assert(text.test(error.message), error.message);
    },
  });
}

Deno.test({
  name: "listenTls() over deno says which options it lacks",
  ignore: !IS_DENO,
  permissions: { net: true },
  async fn() {
    const lacks = [
      [{ clientAuth: "require", ...CLIENT }, /asks clients for no certificate/],
      [{ certificates: { a: SERVER } }, /cannot change or choose/],
      [{ keepAlive: true }, /no options of accepted connections/],
      [{ noDelay: false }, /no options of accepted connections/],
      [{ ipv6Only: true }, /takes both families/],
      [{ tcpBackend: "node" }, /only TCP connections of the "deno" backend/],
    ] as const;
    const address = { hostname: "127.0.0.1", port: 0, ...SERVER };
    for (const [options, text] of lacks) {
      const error = await assertRejects(
        () => listenTls({ ...address, ...options, backend: "deno" }),
        NotSupportedError,
      );
      assert(text.test(error.message), error.message);
    }
  },
});
