/** Clients that break the handshake, and what a server makes of them. */
import { assert, assertEquals } from "@std/assert";
import { listenRaw } from "../_raw_tcp.ts";
import { SocketError } from "@berkeley/sockets/errors";
import type { TcpConn } from "@berkeley/sockets/tcp";
import { connectTls } from "@berkeley/sockets/tls";
import { assertCode } from "./_peers.ts";
import { eachCarrier, failure, SERVER } from "./_tls.ts";
import { IS_DENO } from "../_runtime.ts";

/** A record of TLS: its type, a version, its length and its content. */
function record(type: number, content: number[] | Uint8Array): Uint8Array {
  const { length } = content;
  return Uint8Array.of(type, 3, 1, length >> 8, length & 0xff, ...content);
}

const ALERT = 21;
const HANDSHAKE = 22;
const DATA = 23;
const text = (words: string) => new TextEncoder().encode(words);

/** The ClientHello of the runtime, recorded. */
async function clientHello(): Promise<Uint8Array<ArrayBuffer>> {
  using listener = await listenRaw({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const where = { hostname: "localhost", port };
  const handshake = IS_DENO
    ? Deno.connectTls(where).then((conn) => conn.handshake())
    : connectTls(where);
  const connecting = handshake.catch(() => {}); // it ends in the handshake
  const conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  const n = await conn.read(buffer);
  conn.close();
  await connecting;
  return buffer.slice(0, n!);
}

const HELLO = await clientHello();
/** A ClientHello whose length says that 16 MB follow. */
const ENDLESS = [1, 0xff, 0xff, 0xff, 3, 3];

interface Case {
  what: string;
  codes: string[];
  send(conn: TcpConn): Promise<void>;
}

const CASES: Case[] = [
  { what: "sends nothing", codes: ["EOF"], send: () => Promise.resolve() },
  {
    what: "speaks HTTP",
    codes: ["EPROTO"],
    send: (conn) => conn.send("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"),
  },
  {
    what: "speaks SSH, without a line's end",
    codes: ["EPROTO"],
    send: (conn) => conn.send("SSH-2.0-x"),
  },
  {
    what: "sends half of a ClientHello",
    codes: ["EOF"],
    send: (conn) => conn.send(HELLO.subarray(0, HELLO.length >> 1)),
  },
  {
    what: "sends a ClientHello, and no more",
    codes: ["EOF"],
    send: (conn) => conn.send(HELLO),
  },
  {
    what: "sends the head of a record only",
    codes: ["EOF"],
    send: (conn) => conn.send(HELLO.subarray(0, 5)),
  },
  {
    what: "sends an empty ClientHello",
    codes: ["EPROTO", "ETLSREFUSED"],
    send: (conn) => conn.send(record(HANDSHAKE, [1, 0, 0, 0])),
  },
  {
    what: "sends a ClientHello of random bytes",
    codes: ["EPROTO"],
    send: (conn) =>
      conn.send(record(HANDSHAKE, [
        ...[1, 0, 1, 244],
        ...crypto.getRandomValues(new Uint8Array(500)),
      ])),
  },
  {
    what: "sends an alert first",
    codes: ["ETLSREFUSED", "EPROTO"],
    send: (conn) => conn.send(record(ALERT, [2, 40])),
  },
  {
    what: "sends close_notify first",
    codes: ["EOF", "EPROTO"],
    send: (conn) => conn.send(record(ALERT, [1, 0])),
  },
  {
    what: "sends data first",
    codes: ["EPROTO"],
    send: (conn) => conn.send(record(DATA, text("hello"))),
  },
  {
    what: "begins a record longer than TLS has",
    codes: ["EPROTO", "EOF"], // "node" waits for its ClientHello
    send: (conn) =>
      conn.send(Uint8Array.of(HANDSHAKE, 3, 1, 0xff, 0xff, 1, 2, 3)),
  },
  {
    what: "promises a ClientHello of 16 MB, and goes on sending",
    codes: ["EPROTO", "ECONNRESET", "EPIPE"],
    async send(conn) {
      await conn.send(record(HANDSHAKE, ENDLESS));
      const piece = record(HANDSHAKE, new Uint8Array(16_000));
      // Until the server has enough; never 16 MB.
      for (let sent = 0; sent < 8_000_000; sent += piece.length) {
        await conn.writeAll(piece);
      }
      throw new Error("the server took 8 MB");
    },
  },
  {
    what: "sends a flood of empty records",
    codes: ["EPROTO", "ECONNRESET", "EPIPE"],
    async send(conn) {
      const pieces = new Uint8Array(5 * 8000);
      for (let at = 0; at < pieces.length; at += 5) {
        pieces.set([HANDSHAKE, 3, 1, 0, 0], at);
      }
      await conn.writeAll(pieces);
    },
  },
];

for (const { what, codes, send } of CASES) {
  eachCarrier(
    `serveTls() reports a client that ${what}, and serves the next`,
    async ({ host, carrier: backend, loopback: hostname, connect }) => {
      const reported = Promise.withResolvers<SocketError>();
      await using server = await host.serveTls(
        {
          ...{ hostname, port: 0, backend, ...SERVER },
          onError: (error) => reported.resolve(error as SocketError),
        },
        async (conn) => await conn.send(`${await conn.readLine()}\n`),
      );
      using bad = await host.connectTcp(server.addr);
      await send(bad).catch((error) => {
        assert(error instanceof SocketError, String(error));
      });
      await bad.closeWrite().catch(() => {});
      const error = await reported.promise;
      assert(error instanceof SocketError, String(error));
      assertCode(error, codes);
      assertEquals(error.remoteAddr, bad.localAddr);
      await using good = await connect(server.addr);
      await good.send("hello\n");
      assertEquals(await good.readLine({ timeout: 20_000 }), "hello");
      assertEquals(server.stats.accepted, 1);
    },
  );
}

/** The bytes one by one, and in records of a byte each. */
const PIECES = [
  { what: "one by one", pieces: [...HELLO].map((byte) => Uint8Array.of(byte)) },
  {
    what: "in records of one byte",
    pieces: [...HELLO.subarray(5)].map((byte) => record(HANDSHAKE, [byte])),
  },
];

for (const { what, pieces } of PIECES) {
  eachCarrier(
    `serveTls() answers a ClientHello whose bytes come ${what}`,
    async ({ host, listen }) => {
      using listener = await listen();
      const accepting = failure(listener.accept());
      using conn = await host.connectTcp({ ...listener.addr, noDelay: true });
      for (const piece of pieces) await conn.writeAll(piece);
      const [type] = await conn.readExact(1, { timeout: 20_000 });
      assertEquals(type, HANDSHAKE);
      listener.close();
      assert(await accepting instanceof SocketError);
    },
  );
}
