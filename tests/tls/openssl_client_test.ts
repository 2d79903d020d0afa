/** `serveTls` and `listenTls` against `openssl s_client`. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { listenTls } from "@berkeley/sockets/tls";
import { SocketError } from "@berkeley/sockets/errors";
import { CERTIFICATES } from "./_certificates.ts";
import { HAS_OPENSSL, startClient } from "./_openssl.ts";
import { assertCode } from "./_peers.ts";
import { exchange, serveReversed } from "./_reversed.ts";
import { CARRIERS } from "./_tls.ts";

const ignore = !HAS_OPENSSL;
const { server, otherName } = CERTIFICATES;
const own = { cert: server.cert, key: server.key };
const at = { hostname: "127.0.0.1", port: 0 };
const timeout = 20_000;

for (const backend of CARRIERS) {
  for (const version of ["1.2", "1.3"]) {
    const flag = `-tls${version.replace(".", "_")}`;
    Deno.test({
      name:
        `serveTls() exchanges lines with openssl over TLS ${version}, with ALPN, over ${backend}`,
      ignore,
      async fn() {
        const seen: (string | null | undefined)[] = [];
        await using running = await serveReversed(
          { backend, alpnProtocols: ["redis", "h2"] },
          (conn) => seen.push(conn.alpnProtocol),
        );
        const { isAnswered, text } = await exchange(
          running.addr.port,
          undefined,
          ...[flag, "-alpn", "h2,redis", "-verify_hostname", "localhost"],
        );
        assert(isAnswered, text);
        assertEquals(seen, ["redis"]); // the server's preference
      },
    });
  }

  Deno.test({
    name:
      `serveTls() goes on after openssl failed a handshake, over ${backend}`,
    ignore,
    async fn() {
      await using running = await serveReversed({
        backend,
        alpnProtocols: ["h2"],
      });
      const { port } = running.addr;
      const failures = [
        { args: ["-alpn", "redis"], codes: ["ETLSALPN"] },
        {
          args: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
          codes: ["ETLSVERSION"],
        },
        { args: ["-verify_hostname", "b.test"], codes: ["ETLSREFUSED"] },
      ];
      for (const { args, codes } of failures) {
        const { isAnswered, text } = await exchange(port, undefined, ...args);
        assert(!isAnswered, text);
        assertEquals(running.errors.length, 1, text);
        assertCode(running.errors.pop()!, codes);
      }
      const { isAnswered, text } = await exchange(port, undefined);
      assert(isAnswered, text);
      assertEquals(running.errors, []);
    },
  });

  Deno.test({
    name: `a server tells openssl's cut from its proper end, over ${backend}`,
    ignore,
    async fn() {
      using listener = await listenTls({ ...at, ...own, backend });
      for (const isCut of [true, false]) {
        await using client = startClient(listener.addr.port);
        await using conn = await listener.accept({ timeout });
        await client.write("the last line\n");
        assertEquals(await conn.readLine({ timeout }), "the last line");
        if (isCut) client.kill("SIGKILL");
        else await client.write("Q\n");
        const reading = conn.readLine({ timeout });
        if (!isCut) {
          assertEquals(await reading, null);
          continue;
        }
        const error = await assertRejects(() => reading, SocketError);
        assertEquals(error.code, "ETLSTRUNCATED", error.message);
      }
    },
  });

  for (
    const { what, flag, command, printed, isEnd } of [
      {
        what: "refuses renegotiation",
        flag: "-tls1_2",
        command: "R\n",
        printed: /no renegotiation/,
        isEnd: true,
      },
      {
        what: "updates keys",
        flag: "-tls1_3",
        command: "K\n",
        printed: /KEYUPDATE/,
        isEnd: false,
      },
    ]
  ) {
    Deno.test({
      name: `a server ${what} when openssl asks for it, over ${backend}`,
      ignore,
      async fn() {
        using listener = await listenTls({ ...at, ...own, backend });
        await using client = startClient(
          listener.addr.port,
          undefined,
          flag,
        );
        await using conn = await listener.accept({ timeout });
        await client.printed(/Verify return code/);
        const reading = conn.readLine({ timeout }); // which answers the request
        await client.write(command);
        if (isEnd) {
          await assertRejects(() => reading, SocketError);
          await client.printed(printed, "stderr");
          return;
        }
        await client.printed(printed, "stderr");
        await client.write("after\n");
        assertEquals(await reading, "after");
        await conn.send("from the server\n");
        await client.printed(/from the server/);
      },
    });
  }
}

Deno.test({
  name:
    "listenTls() chooses the certificate by the name that openssl asks for, and changes it",
  ignore,
  async fn() {
    const seen: (string | undefined)[] = [];
    await using running = await serveReversed(
      { certificates: { "a.test": otherName } },
      (conn) => seen.push(conn.serverName),
    );
    const { port } = running.addr;
    const ask = (...args: string[]) =>
      exchange(port, undefined, "-verify_hostname", ...args);
    const good = [
      ["localhost", "-servername", "localhost"],
      ["localhost", "-noservername"],
      ["a.test", "-servername", "a.test"],
    ];
    for (const args of good) {
      const { isAnswered, text } = await ask(...args);
      assert(isAnswered, text);
    }
    assertEquals(seen, ["localhost", undefined, "a.test"], "serverName");
    assert(!(await ask("localhost", "-servername", "a.test")).isAnswered);
    running.setCertificate(otherName);
    const { isAnswered, text } = await ask("a.test", "-noservername");
    assert(isAnswered, text);
  },
});
