/** TLS with ncat, in both roles. */
import { assertEquals, assertRejects } from "@std/assert";
import { getAvailablePort } from "@std/net";
import { connectTls, listenTls } from "@berkeley/sockets/tls";
import { TruncatedError } from "@berkeley/sockets/errors";
import { hasProgram } from "../_programs.ts";
import { startProgram } from "../_start_program.ts";
import { certFile, CERTIFICATES, keyFile } from "./_certificates.ts";
import { CARRIERS } from "./_tls.ts";

const ignore = !hasProgram("ncat");
const { authority, server } = CERTIFICATES;
const timeout = 20_000;
const LOOP = 'while read line; do echo "got: $line"; done';

Deno.test({
  name: "ncat --ssl is a line server",
  ignore,
  async fn() {
    const port = getAvailablePort();
    await using ncat = startProgram("ncat", {
      args: [
        ...["-v", "--listen", "--keep-open", "127.0.0.1", String(port)],
        ...["--ssl", "--ssl-cert", certFile("server")],
        ...["--ssl-key", keyFile("server"), "--sh-exec", LOOP],
      ],
    });
    await ncat.printed(/Listening on/, "stderr");
    for (const backend of CARRIERS) {
      await using conn = await connectTls({
        ...{ hostname: "127.0.0.1", port, serverName: "localhost", timeout },
        caCerts: [authority.cert],
        backend,
      });
      for (const word of ["one", "two", "three"]) {
        await conn.send(`${word}\n`);
        assertEquals(await conn.readLine({ timeout }), `got: ${word}`);
      }
    }
  },
});

for (const backend of CARRIERS) {
  Deno.test({
    name:
      `ncat --ssl sends us lines, and ends without close_notify, over ${backend}`,
    ignore,
    async fn() {
      using listener = await listenTls({
        ...{ hostname: "127.0.0.1", port: 0, backend },
        ...{ cert: server.cert, key: server.key },
      });
      const trust = ["--ssl-verify", "--ssl-trustfile", certFile("authority")];
      await using ncat = startProgram("ncat", {
        args: ["-4", ...trust, "localhost", String(listener.addr.port)],
      });
      await ncat.write("hello\n");
      await using conn = await listener.accept({ timeout });
      assertEquals(await conn.readLine({ timeout }), "hello");
      await conn.send("and you\n");
      await ncat.printed(/and you/);
      await ncat.endInput();
      await assertRejects(() => conn.readLine({ timeout }), TruncatedError);
    },
  });
}
