/** `startTls` with OpenSSL: `-starttls`, unix sockets, and the pipes of a program. */
import { assertEquals, assertRejects } from "@std/assert";
import { connectRaw } from "../_raw_tcp.ts";
import { ProtocolError } from "@berkeley/sockets/errors";
import { listenTcp, type TcpConn } from "@berkeley/sockets/tcp";
import { StreamConn } from "@berkeley/sockets/stream";
import { startTls } from "@berkeley/sockets/tls";
import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
import { BACKENDS } from "../_each_stream.ts";
import { hasProgram } from "../_programs.ts";
import { CERTIFICATES } from "./_certificates.ts";
import {
  HAS_OPENSSL,
  startClient,
  startServer,
  startUnixServer,
} from "./_openssl.ts";

const ignore = !HAS_OPENSSL;
const { cert, key } = CERTIFICATES.server;
const caCerts = [CERTIFICATES.authority.cert];
const timeout = 20_000;

/** What a server of a protocol says until TLS begins. */
const PROTOCOLS: Record<string, (conn: TcpConn) => Promise<void>> = {
  async smtp(conn) {
    await conn.send("220 mail ESMTP\r\n");
    assertEquals((await conn.readLine({ timeout }))?.slice(0, 4), "EHLO");
    await conn.send("250-mail\r\n250 STARTTLS\r\n");
    assertEquals(await conn.readLine({ timeout }), "STARTTLS");
    await conn.send("220 go ahead\r\n");
  },
  async imap(conn) {
    await conn.send("* OK ready\r\n");
    assertEquals(await conn.readLine({ timeout }), ". CAPABILITY");
    await conn.send("* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK\r\n");
    assertEquals(await conn.readLine({ timeout }), ". STARTTLS");
    await conn.send(". OK go ahead\r\n");
  },
  async postgres(conn) {
    const request = await conn.readExact(8, { timeout });
    assertEquals(request, Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
    await conn.send("S");
  },
};

for (const [protocol, begin] of Object.entries(PROTOCOLS)) {
  for (const backend of BACKENDS) {
    Deno.test({
      name:
        `startTls() is the server of openssl -starttls ${protocol}, over ${backend}`,
      ignore,
      async fn() {
        using listener = await listenTcp({
          ...{ hostname: "127.0.0.1", port: 0, backend },
        });
        await using client = startClient(
          listener.addr.port,
          undefined,
          ...["-quiet", "-no_ign_eof", "-starttls", protocol],
        );
        const plain = await listener.accept({ timeout });
        await begin(plain);
        const options = { isServer: true, cert, key, timeout } as const;
        await using conn = await startTls(plain, options);
        await client.write("in secret\n");
        assertEquals(await conn.readLine({ timeout }), "in secret");
        await conn.send("the same\n");
        await client.printed(/the same/);
        await client.endInput();
        assertEquals(await conn.readLine({ timeout }), null);
      },
    });
  }
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `startTls() talks to openssl over unix sockets, over ${backend}`,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const path = `${folder}/ours`;
        using listener = await listenUnix({ path, backend });
        await using client = startClient(path, undefined, "-quiet");
        const options = { isServer: true, cert, key, timeout } as const;
        const accepted = await listener.accept({ timeout });
        await using conn = await startTls(accepted, options);
        await client.write("in secret\n");
        assertEquals(await conn.readLine({ timeout }), "in secret");
        assertEquals(conn.localAddr, { transport: "unix", path });

        const theirs = `${folder}/theirs`;
        await using _ = await startUnixServer("server", theirs, "-rev");
        const plain = await connectUnix({ path: theirs, backend });
        const trust = { hostname: "localhost", caCerts, timeout };
        await using own = await startTls(plain, trust);
        await own.send("hello\n");
        assertEquals(await own.readLine({ timeout }), "olleh");
        await own.closeWrite();
        assertEquals(await own.readLine({ timeout }), null);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test({
  name: "startTls() talks to openssl over the pipes of a program",
  ignore: ignore || !hasProgram("socat"),
  async fn() {
    await using server = await startServer("server", "-rev");
    const pipe = new Deno.Command("socat", {
      args: ["STDIO", `TCP:127.0.0.1:${server.port}`],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const { stdin: writable, stdout: readable } = pipe;
    const plain = StreamConn.from({ readable, writable });
    const trust = { hostname: "localhost", caCerts, timeout };
    {
      await using conn = await startTls(plain, trust);
      await conn.send("hello\n");
      assertEquals(await conn.readLine({ timeout }), "olleh");
      await conn.closeWrite();
      assertEquals(await conn.readLine({ timeout }), null);
    }
    assertEquals((await pipe.status).code, 0);
  },
});

Deno.test({
  name: "startTls() refuses a client that goes on in plain text",
  async fn() {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    using client = await connectRaw({ port: listener.addr.port });
    const plain = await listener.accept({ timeout });
    await client.write(new TextEncoder().encode("STARTTLS\r\nRSET\r\n"));
    assertEquals(await plain.readLine({ timeout }), "STARTTLS");
    await plain.peek(6, { timeout });
    await plain.send("220 go ahead\r\n");
    const options = { isServer: true, cert, key, timeout } as const;
    await assertRejects(() => startTls(plain, options), ProtocolError);
    assertEquals(plain.isClosed, true);
  },
});
