/** TLS on connections that are there, from both sides. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BusyError,
  ClosedError,
  NotSupportedError,
  ProtocolError,
  type SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";
import { makeCertificate } from "@berkeley/sockets/testing";
import { startTls, type TlsConn } from "@berkeley/sockets/tls";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { Duplex } from "node:stream";
import { BACKENDS, bytes, eachTransport } from "../_each_stream.ts";
import { authority, CLIENT, failure, good, SERVER, stranger } from "./_tls.ts";

type Ends = { client: StreamConn; server: StreamConn };
type Secure = { client: TlsConn<Deno.Addr>; server: TlsConn<Deno.Addr> };

const AS_CLIENT = { hostname: "localhost", ...CLIENT };
const AS_SERVER = { isServer: true as const, ...SERVER };

/** Starts TLS on both ends, uses it, and closes. */
async function secured(
  { client, server }: Ends,
  use: (ends: Secure) => Promise<void>,
  options: { client?: object; server?: object } = {},
): Promise<void> {
  const [a, b] = await Promise.all([
    startTls(client, { ...AS_CLIENT, ...options.client }),
    startTls(server, { ...AS_SERVER, ...options.server }),
  ]);
  await using _a = a;
  await using _b = b;
  await use({ client: a, server: b });
}

/** A conversation in plain text, and then in secret. */
async function converse({ client, server }: Ends): Promise<void> {
  client.send(bytes("STARTTLS\r\n")); // flushed by startTls at the latest
  assertEquals(await server.readLine(), "STARTTLS");
  server.send(bytes("220 go ahead\r\n"));
  const heard = client.readLine();
  const upgrading = startTls(server, AS_SERVER);
  assertEquals(await heard, "220 go ahead");
  await using secret = await startTls(client, AS_CLIENT);
  await using upgraded = await upgrading;

  await secret.send(bytes("EHLO\r\n"));
  assertEquals(await upgraded.readLine(), "EHLO");
  await upgraded.send(bytes("250 AUTH PLAIN\r\n"));
  await upgraded.closeWrite();
  assertEquals(await secret.readLine(), "250 AUTH PLAIN");
  assertEquals(await secret.readLine(), null);
}

eachTransport("startTls() carries on from plain text", async ({ pair }) => {
  using ends = await pair();
  await converse(ends);
});

/** Two ends of bytes in memory, as pairs of web streams. */
function webPair(): Ends {
  const roomy = { highWaterMark: 16 };
  const there = new TransformStream<Uint8Array>({}, roomy, roomy);
  const back = new TransformStream<Uint8Array>({}, roomy, roomy);
  return {
    client: StreamConn.from({
      readable: back.readable,
      writable: there.writable,
    }),
    server: StreamConn.from({
      readable: there.readable,
      writable: back.writable,
    }),
  };
}

/** Two duplex streams of Node, each of which reads what the other writes, bytewise. */
function duplexPair(): Ends {
  const make = (other: () => Duplex) =>
    new Duplex({
      allowHalfOpen: true,
      read() {},
      write(chunk: Uint8Array, _, done) {
        for (const byte of chunk) other().push(Uint8Array.of(byte));
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return { client: StreamConn.from(a), server: StreamConn.from(b) };
}

Deno.test("startTls() runs over a pair of web streams", async () => {
  await converse(webPair());
});

Deno.test("startTls() runs over a duplex of Node, byte by byte", async () => {
  await converse(duplexPair());
});

for (const backend of BACKENDS) {
  Deno.test(`startTls() runs over a unix socket, over ${backend}`, async () => {
    const dir = await Deno.makeTempDir();
    try {
      const path = `${dir}/socket`;
      await using listener = await listenUnix({ path, backend });
      const [client, server] = await Promise.all([
        connectUnix({ path, backend }),
        listener.accept(),
      ]);
      await converse({ client, server });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

eachTransport(
  "startTls() refuses what came in plain text, on both sides",
  async ({ pair, backend }) => {
    for (const as of [AS_CLIENT, AS_SERVER]) {
      using ends = await pair();
      const [victim, peer] = [ends.client, ends.server];
      await peer.send(bytes("220 go ahead\r\n250 AUTH PLAIN\r\n"));
      assertEquals(await victim.readLine(), "220 go ahead");
      await victim.peek(1);
      const { port } = peer.localAddr;
      const error = await assertRejects(
        () => startTls(victim, as),
        ProtocolError,
      );
      assertEquals(
        error.message.replace(/with .*?:\d+:/, "with …:"),
        "Cannot start TLS with …: bytes came in plain text before TLS started; they are not to be trusted (EPROTO)",
        backend,
      );
      assertEquals((error.remoteAddr as Deno.NetAddr).port, port);
      assertEquals(victim.isClosed, true);
      assertEquals(await peer.readLine().catch(() => null), null);
    }
  },
);

eachTransport(
  "startTls() takes the plain connection over",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await secured(ends, async (secret) => {
      for (const plain of [client, server]) {
        assertEquals(plain.isClosed, true);
        const error = await assertRejects(() => plain.readLine(), ClosedError);
        assert(error.message.includes("TLS has taken it over"), error.message);
        await assertRejects(() => plain.send(bytes("plain")), ClosedError);
        await assertRejects(() => startTls(plain, AS_CLIENT), ClosedError);
        plain.close(); // closes nothing
      }
      await secret.client.send(bytes("still there\n"));
      assertEquals(await secret.server.readLine(), "still there");
    });
  },
);

eachTransport(
  "startTls() leaves open what a read is pending on",
  async ({ pair }) => {
    using ends = await pair();
    const reading = ends.client.readLine();
    await assertRejects(() => startTls(ends.client, AS_CLIENT), BusyError);
    await ends.server.send(bytes("a line\n"));
    assertEquals(await reading, "a line");
  },
);

eachTransport(
  "startTls() goes on where a cancelled read has left the runtime reading",
  async ({ pair }) => {
    using ends = await pair();
    for (const end of [ends.client, ends.server]) {
      await assertRejects(() => end.readLine({ timeout: 0 }), TimedOutError);
    }
    await secured(ends, async ({ client, server }) => {
      await client.send(bytes("all is well\n"));
      assertEquals(await server.readLine(), "all is well");
    });
  },
);

const own = await makeCertificate({ issuer: authority, usage: "client" });

eachTransport("startTls() exchanges certificates", async ({ pair }) => {
  using ends = await pair();
  await secured(ends, async ({ client, server }) => {
    assertEquals(client.peerCertificate?.raw, good.raw);
    assertEquals(server.peerCertificate?.raw, own.raw);
    assertEquals([client.alpnProtocol, server.alpnProtocol], ["b", "b"]);
    assertEquals(await server.handshake(), {
      alpnProtocol: "b",
      protocol: "TLSv1.3",
      serverName: "localhost",
    });
  }, {
    client: { cert: own.cert, key: own.key, alpnProtocols: ["a", "b"] },
    server: {
      clientAuth: "require",
      caCerts: [authority.cert],
      alpnProtocols: ["b"],
    },
  });
});

eachTransport("startTls() closes both ends when it fails", async ({ pair }) => {
  for (
    const [options, codes] of [
      [{ caCerts: [stranger.cert] }, ["ECERTISSUER", "ETLSREFUSED"]],
      [{ hostname: "example.com" }, ["ECERTNAME", "ETLSREFUSED"]],
    ] as const
  ) {
    using ends = await pair();
    const [client, server] = await Promise.all([
      failure(startTls(ends.client, { ...AS_CLIENT, ...options })),
      failure(startTls(ends.server, AS_SERVER)),
    ]) as { code: string }[];
    assertEquals([client!.code, server!.code], [...codes] as string[]);
    assertEquals([ends.client.isClosed, ends.server.isClosed], [true, true]);
  }
});

const MISUSES: { name: string; options: object; error: string }[] = [
  { name: "no name", options: { hostname: undefined }, error: "hostname" },
  { name: "a bad name", options: { hostname: "a b" }, error: "hostname" },
  { name: "a bad role", options: { isServer: 1 }, error: "isServer" },
  { name: "no PEM", options: { caCerts: ["x"] }, error: "caCerts[0]" },
  { name: "no key", options: { cert: good.cert }, error: "key" },
  {
    name: "another's key",
    options: { cert: good.cert, key: authority.key },
    error: "key",
  },
  {
    name: "no certificate",
    options: { isServer: true },
    error: "cert and key",
  },
  { name: "a bad timeout", options: { timeout: "1" }, error: '"1"' },
];

eachTransport(
  "startTls() leaves open what it was misused on",
  async ({ pair }) => {
    using ends = await pair();
    for (const { name, options, error } of MISUSES) {
      const { message } = await assertRejects(
        () => startTls(ends.client, { ...AS_CLIENT, ...options } as never),
        TypeError,
        undefined,
        name,
      );
      assert(message.includes(error), message);
    }
    await assertRejects(() => startTls({} as never, AS_CLIENT), TypeError);
    await ends.client.send(bytes("open\n"));
    assertEquals(await ends.server.readLine(), "open");
  },
);

eachTransport(
  "startTls() refuses a backend that cannot",
  async ({ pair, backend }) => {
    using ends = await pair();
    const chosen = { backend: "deno" as const };
    await assertRejects(
      () => startTls(ends.server, { ...AS_SERVER, ...chosen }),
      NotSupportedError,
    );
    if (backend === "deno") return;
    await assertRejects(
      () => startTls(ends.client, { ...AS_CLIENT, ...chosen }),
      NotSupportedError,
    );
  },
);

eachTransport(
  "startTls() gives up a peer that says nothing",
  async ({ pair }) => {
    for (const as of [AS_CLIENT, AS_SERVER]) {
      using ends = await pair();
      await assertRejects(
        () => startTls(ends.client, { ...as, timeout: 5 }),
        TimedOutError,
      );
      assertEquals(ends.client.isClosed, true);
      // What it has sent by then, and the end of the stream.
      await ends.server.closeGracefully().catch(() => {});
    }
  },
);

eachTransport(
  "startTls() ends at any await when it is aborted",
  async ({ pair }) => {
    for (const side of ["client", "server"] as const) {
      for (let turns = 0; turns < 12; turns++) {
        using ends = await pair();
        const abort = new AbortController();
        const { signal } = abort;
        const reason = new Error("given up");
        const isClient = side === "client";
        const mine = startTls(
          ends[side],
          isClient ? { ...AS_CLIENT, signal } : { ...AS_SERVER, signal },
        );
        const other = isClient
          ? startTls(ends.server, AS_SERVER)
          : startTls(ends.client, AS_CLIENT);
        const peer = failure(other);
        const ended = failure(mine);
        for (let turn = 0; turn < turns; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        abort.abort(reason);
        const error = await ended;
        if (error !== undefined) assertEquals(error, reason);
        else await (await mine)[Symbol.asyncDispose]();
        assertEquals(ends[side].isClosed, true);
        // It may have shaken hands before the other side gave up.
        if (await peer === undefined) {
          await (await other)[Symbol.asyncDispose]();
        }
      }
    }
  },
);

eachTransport(
  "close() loses nothing of a client that has not read its session tickets",
  async ({ pair }) => {
    for (const isReading of [false, true]) {
      using ends = await pair();
      const [client, server] = await Promise.all([
        startTls(ends.client, { ...AS_CLIENT, backend: "node" }),
        startTls(ends.server, AS_SERVER),
      ]);
      await using _server = server;
      const reading = isReading ? failure(client.readLine()) : undefined;
      const size = 1_000_000; // more than the kernel passes on at once
      client.send(new Uint8Array(size));
      const closing = client[Symbol.asyncDispose]();
      assertEquals((await server.readExact(size)).length, size);
      assertEquals(await server.read(new Uint8Array(1)), null);
      await closing;
      assertEquals(await reading instanceof ClosedError, isReading);
    }
  },
);

eachTransport(
  "startTls() reports a peer that resets or ends in the handshake",
  async ({ pair, backend }) => {
    for (const as of [AS_CLIENT, AS_SERVER]) {
      using ends = await pair();
      const starting = failure(
        startTls(ends.client, { ...as, backend: "node" }),
      );
      await ends.server.closeWrite();
      assertEquals((await starting as SocketError).code, "EOF");
      assertEquals(ends.client.isClosed, true);
    }
    if (backend === "deno") return; // has no reset without --allow-ffi
    for (const as of [AS_CLIENT, AS_SERVER]) {
      using ends = await pair();
      const starting = failure(startTls(ends.client, as));
      await ends.server.send(bytes("\x16\x03")); // the start of a record
      ends.server.reset();
      const { code } = await starting as SocketError;
      assert(["ECONNRESET", "EPIPE"].includes(code), code);
    }
  },
);
