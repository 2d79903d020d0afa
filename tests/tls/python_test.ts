/** TLS with Python's `ssl` module, in both roles, on both families. */
import { assertEquals } from "@std/assert";
import { connectTls, listenTls } from "@berkeley/sockets/tls";
import { FAMILIES } from "../_each_family.ts";
import { CERTIFICATES } from "./_certificates.ts";
import { HAS_PYTHON, startPythonClient, startPythonServer } from "./_python.ts";
import { readToEnd } from "./_peers.ts";
import { CARRIERS } from "./_tls.ts";

const { authority, client, server } = CERTIFICATES;
const caCerts = [authority.cert];
const timeout = 20_000;
const ignore = !HAS_PYTHON;

for (const { name, loopback: hostname } of FAMILIES) {
  Deno.test({
    name:
      `connectTls() talks to Python's ssl, which listens again on its port (${name})`,
    ignore,
    async fn() {
      await using python = startPythonServer(hostname);
      for (const alpn of ["upper", "lower"]) {
        const [, port] = await python.printed(/port (\d+)\n(?!.*port)$/s);
        await using conn = await connectTls({
          hostname,
          port: Number(port),
          serverName: "localhost",
          alpnProtocols: [alpn],
          caCerts,
          cert: client.cert,
          key: client.key,
          timeout,
        });
        assertEquals(conn.alpnProtocol, alpn);
        const reading = readToEnd(conn);
        const sent = "ab".repeat(150_000);
        await conn.writeAll(sent);
        await conn.closeWrite();
        const received = new TextDecoder().decode(await reading);
        assertEquals(received === sent.toUpperCase(), true, alpn);
        await python.printed(new RegExp(`TLSv1.3 ${alpn} client one\n`));
      }
      await python.printed(/done/);
    },
  });

  for (const backend of CARRIERS) {
    Deno.test({
      name: `listenTls() talks to Python's ssl, over ${backend} (${name})`,
      ignore,
      async fn() {
        using listener = await listenTls({
          hostname,
          port: 0,
          cert: server.cert,
          key: server.key,
          alpnProtocols: ["upper"],
          backend,
        });
        await using python = startPythonClient(hostname, listener.addr.port);
        await using conn = await listener.accept({ timeout });
        assertEquals(conn.alpnProtocol, "upper");
        const line = await conn.readUntil(Uint8Array.of(10), {
          limit: 1_000_000,
          timeout,
        });
        assertEquals(line?.length, 300_001);
        await conn.writeAll(line!);
        await conn.closeWrite();
        await python.printed(/TLSv1.3 upper localhost\nend 300001 b'\\n'\n/);
        assertEquals(await conn.readLine({ timeout }), null);
        await python.printed(/done/);
      },
    });
  }
}
