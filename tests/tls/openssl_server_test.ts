/** `connectTls` against `openssl s_server`, with good and bad certificates. */
import { assertEquals, assertRejects } from "@std/assert";
import { connectTls, type ConnectTlsOptions } from "@berkeley/sockets/tls";
import {
  CertificateError,
  SocketError,
  TruncatedError,
} from "@berkeley/sockets/errors";
import {
  certFile,
  type CertificateName,
  CERTIFICATES,
  keyFile,
} from "./_certificates.ts";
import { HAS_OPENSSL, startServer } from "./_openssl.ts";
import { assertCode } from "./_peers.ts";
import { CARRIERS } from "./_tls.ts";

const ignore = !HAS_OPENSSL;
const caCerts = [CERTIFICATES.authority.cert];
/** Waits for a peer that may hang; far longer than what any test takes. */
const timeout = 20_000;

type Options = Partial<ConnectTlsOptions>;

function connect(port: number, options: Options = {}) {
  return connectTls({
    hostname: "127.0.0.1",
    serverName: "localhost",
    port,
    caCerts,
    timeout,
    ...options,
  });
}

for (const backend of CARRIERS) {
  for (const version of ["1.2", "1.3"]) {
    const flag = `-tls${version.replace(".", "_")}`;

    Deno.test({
      name:
        `connectTls() exchanges lines with openssl over TLS ${version}, with ALPN and SNI, over ${backend}`,
      ignore,
      async fn() {
        const alpn = ["-alpn", "redis,h2"];
        const second = [
          "-servername",
          "a.test",
          "-cert2",
          certFile("otherName"),
          "-key2",
          keyFile("otherName"),
        ];
        await using server = await startServer(
          "server",
          ...[flag, "-rev", ...alpn, ...second],
        );
        for (const serverName of ["localhost", "a.test"]) {
          await using conn = await connect(server.port, {
            backend,
            serverName, // whose certificate no other name has
            alpnProtocols: ["h2", "http/1.1"],
          });
          // OpenSSL has no ALPN for its second name.
          const expected = serverName === "localhost" ? "h2" : null;
          assertEquals(conn.alpnProtocol, expected);
          assertEquals(conn.serverName, serverName);
          await conn.send("hello\n");
          assertEquals(await conn.readLine({ timeout }), "olleh");
          await conn.closeWrite();
          assertEquals(await conn.readLine({ timeout }), null);
        }
        await server.printed(
          new RegExp(`Protocol version: TLSv${version}`),
          "stderr",
        );
      },
    });

    Deno.test({
      name:
        `connectTls() shows openssl a client certificate, and reports its refusal, over TLS ${version}, asking for ${backend}`,
      ignore,
      async fn() {
        await using server = await startServer(
          "server",
          ...[flag, "-rev", "-Verify", "1"],
        );
        const ask = async (name?: CertificateName) => {
          const { cert, key } = name ? CERTIFICATES[name] : {};
          const own = cert && key ? { cert, key } : { backend };
          await using conn = await connect(server.port, own);
          await conn.send("hello\n");
          return await conn.readLine({ timeout });
        };
        assertEquals(await ask("client"), "olleh");
        await server.printed(/Peer certificate: CN = client one/, "stderr");
        for (
          const [name, code] of [
            [undefined, ["ETLSCLIENTCERT", "ETLSREFUSED"]],
            ["expiredClient", ["ETLSREFUSED"]],
            ["strangerClient", ["ETLSREFUSED"]],
          ] as const
        ) {
          assertCode(await assertRejects(() => ask(name), SocketError), code);
        }
        assertEquals(await ask("client"), "olleh");
      },
    });
  }

  const REFUSED: [
    name: CertificateName,
    code: string,
    options?: Options,
  ][] = [
    ["expired", "ECERTEXPIRED"],
    ["future", "ECERTNOTYETVALID"],
    ["otherName", "ECERTNAME"],
    ["otherName", "ECERTNAME", { serverName: "127.0.0.1" }],
    ["server", "ECERTNAME", { serverName: "127.0.0.2" }],
    ["strangerServer", "ECERTISSUER"],
    ["server", "ECERTISSUER", { caCerts: [] }],
    ["localClient", "ECERTPURPOSE"],
  ];
  for (const [name, code, options = {}] of REFUSED) {
    const what = [name, ...Object.keys(options)].join(" ");
    Deno.test({
      name:
        `connectTls() refuses openssl's certificate with ${code}: ${what}, over ${backend}`,
      ignore,
      async fn() {
        await using server = await startServer(name, "-rev");
        const error = await assertRejects(
          () => connect(server.port, { backend, ...options }),
          CertificateError,
        );
        assertEquals(error.code, code, error.message);
      },
    });
  }

  Deno.test({
    name:
      `connectTls() accepts another name only with unsafelyDisableHostnameVerification, over ${backend}`,
    ignore,
    async fn() {
      await using server = await startServer("otherName", "-rev");
      const unsafelyDisableHostnameVerification = true;
      await using conn = await connect(server.port, {
        backend,
        unsafelyDisableHostnameVerification,
      });
      await conn.send("hello\n");
      assertEquals(await conn.readLine({ timeout }), "olleh");
      await using stranger = await startServer("strangerServer", "-rev");
      const error = await assertRejects(
        () =>
          connect(stranger.port, {
            backend,
            unsafelyDisableHostnameVerification,
          }),
        CertificateError,
      );
      assertEquals(error.code, "ECERTISSUER", error.message);
    },
  });

  Deno.test({
    name: `connectTls() refuses TLS 1.1 with ETLSVERSION, over ${backend}`,
    ignore,
    async fn() {
      await using server = await startServer(
        "server",
        ...["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-rev"],
      );
      const error = await assertRejects(
        () => connect(server.port, { backend }),
        SocketError,
      );
      assertEquals(error.code, "ETLSVERSION", error.message);
    },
  });

  Deno.test({
    name:
      `connectTls() reports openssl's refusal of its ALPN protocols with ETLSALPN, over ${backend}`,
    ignore,
    async fn() {
      await using server = await startServer("server", "-rev", "-alpn", "h2");
      const error = await assertRejects(
        () => connect(server.port, { backend, alpnProtocols: ["redis"] }),
        SocketError,
      );
      assertEquals(error.code, "ETLSALPN", error.message);
    },
  });

  Deno.test({
    name:
      `a connection refuses renegotiation when openssl asks for it, over ${backend}`,
    ignore,
    async fn() {
      await using server = await startServer("server", "-tls1_2");
      await using conn = await connect(server.port, { backend });
      const reading = conn.readLine({ timeout }); // which answers the request
      await Promise.all([
        // OpenSSL takes the refusal for fatal.
        assertRejects(() => reading, SocketError, "handshake failure"),
        server.printed(/CIPHER is/).then(() => server.write("R\n")),
        server.printed(/no renegotiation/, "stderr"),
      ]);
    },
  });

  Deno.test({
    name:
      `a connection reads on after openssl asked for new keys, over ${backend}`,
    ignore,
    async fn() {
      await using server = await startServer("server", "-tls1_3");
      await using conn = await connect(server.port, { backend });
      const reading = conn.readLine({ timeout }); // which answers the request
      await server.printed(/CIPHER is/);
      await server.write("K\n");
      await conn.send("before\n");
      await server.printed(/before/); // OpenSSL takes its stdin first
      await server.write("after\n");
      assertEquals(await reading, "after");
      await conn.send("with new keys\n");
      await server.printed(/with new keys/);
    },
  });

  Deno.test({
    name:
      `readLine() rejects with ETLSTRUNCATED when openssl ends without close_notify, over ${backend}`,
    ignore,
    async fn() {
      for (const isKilled of [true, false]) {
        await using server = await startServer("server");
        await using conn = await connect(server.port, { backend });
        await server.printed(/CIPHER is/);
        await server.write("the last line\n");
        assertEquals(await conn.readLine({ timeout }), "the last line");
        if (isKilled) server.kill("SIGKILL");
        else await server.write("Q\n");
        const error = await assertRejects(
          () => conn.readLine({ timeout }),
          TruncatedError,
        );
        assertEquals(error.code, "ETLSTRUNCATED", error.message);
      }
    },
  });
}
