import { assertEquals } from "@std/assert";
import { connectTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "./_certificate.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function readText(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(100);
  const n = await conn.read(buffer);
  return decoder.decode(buffer.subarray(0, n ?? 0));
}

Deno.test({
  name: "detach() and Deno.startTls upgrade a plain connection",
  permissions: { net: true },
  async fn() {
    const { cert, key } = await makeCertificate("localhost");
    using listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert,
      key,
    });
    // A plain front that says hello and then hands the bytes to the TLS server.
    using front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const fronting = (async () => {
      using conn = await front.accept();
      assertEquals(await readText(conn), "STARTTLS\n");
      await conn.write(encoder.encode("220 go ahead\n"));
      using back = await Deno.connect({ port: listener.addr.port });
      await Promise.allSettled([
        conn.readable.pipeTo(back.writable),
        back.readable.pipeTo(conn.writable),
      ]);
    })();
    const serving = (async () => {
      using conn = await listener.accept();
      const got = await readText(conn);
      await conn.write(encoder.encode(`secret: ${got}`));
    })();

    const plain = await connectTcp(front.addr);
    await plain.send(encoder.encode("STARTTLS\n"));
    assertEquals(await plain.readLine(), "220 go ahead");
    const { conn, buffered } = plain.detach();
    assertEquals(buffered.length, 0);
    const tls = await Deno.startTls(conn, {
      hostname: "localhost",
      caCerts: [cert],
    });
    await tls.write(encoder.encode("hello"));
    assertEquals(await readText(tls), "secret: hello");
    tls.close();
    await serving;
    await fronting.catch(() => {});
  },
});
