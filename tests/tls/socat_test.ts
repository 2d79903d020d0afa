/** TLS with socat, in both roles. */
import { assertEquals } from "@std/assert";
import { getAvailablePort } from "@std/net";
import { connectTls, listenTls } from "@berkeley/sockets/tls";
import { hasProgram } from "../_programs.ts";
import { startProgram } from "../_start_program.ts";
import { certFile, CERTIFICATES, keyFile } from "./_certificates.ts";
import { readToEnd } from "./_peers.ts";
import { CARRIERS } from "./_tls.ts";

const ignore = !hasProgram("socat");
const { authority, client, server } = CERTIFICATES;
const own = { cert: server.cert, key: server.key };
const timeout = 20_000;
const SENT = Uint8Array.from({ length: 300_000 }, (_, i) => i % 239);

// Only "node" can show the certificate that verify=1 asks for.
const CASES = [
  { backend: "deno", verify: 0, mine: {} },
  { backend: "node", verify: 1, mine: { cert: client.cert, key: client.key } },
] as const;

for (const { backend, verify, mine } of CASES) {
  Deno.test({
    name: `socat echoes over TLS, and half-closes after us, over ${backend}`,
    ignore,
    async fn() {
      const port = getAvailablePort();
      const listen = [
        `OPENSSL-LISTEN:${port}`,
        "bind=127.0.0.1",
        "reuseaddr",
        `verify=${verify}`,
        `cert=${certFile("server")}`,
        `key=${keyFile("server")}`,
        `cafile=${certFile("authority")}`,
      ];
      await using socat = startProgram("socat", {
        args: ["-d", "-d", listen.join(), "EXEC:cat"],
      });
      await socat.printed(/listening on/, "stderr");
      await using conn = await connectTls({
        ...{ hostname: "127.0.0.1", port, serverName: "localhost", timeout },
        ...{ caCerts: [authority.cert], backend, ...mine },
      });
      const reading = readToEnd(conn);
      await conn.writeAll(SENT);
      await conn.closeWrite();
      assertEquals(await reading, SENT);
    },
  });
}

for (const backend of CARRIERS) {
  Deno.test({
    name: `socat sends to us over TLS and prints the answer, over ${backend}`,
    ignore,
    async fn() {
      using listener = await listenTls({
        ...{ hostname: "127.0.0.1", port: 0, backend },
        ...own,
      });
      const target = [
        `OPENSSL:127.0.0.1:${listener.addr.port}`,
        `cafile=${certFile("authority")}`,
        "commonname=localhost",
      ];
      await using socat = startProgram("socat", {
        args: ["-t", "20", "-", target.join()],
      });
      await socat.write("all I have");
      await socat.endInput();
      await using conn = await listener.accept({ timeout });
      const received = await readToEnd(conn); // until its close_notify
      assertEquals(new TextDecoder().decode(received), "all I have");
      await conn.send("thanks");
      await conn.closeWrite();
      const { stdout, stderr } = await socat.finished();
      assertEquals([stdout, stderr], ["thanks", ""]);
    },
  });
}
