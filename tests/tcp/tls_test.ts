import { assert, assertEquals } from "@std/assert";
import { connectTcp } from "@berkeley/sockets/tcp";
import { makeCertificate } from "@berkeley/sockets/testing";
import { eachFamily } from "../_each_family.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function readText(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(100);
  const n = await conn.read(buffer);
  return decoder.decode(buffer.subarray(0, n ?? 0));
}

/**
 * A plain front that answers a line of text with `greeting`, and from then on
 * hands the bytes to the TLS server behind it.
 */
async function front(
  listener: Deno.Listener<Deno.TcpConn>,
  greeting: string,
  { hostname, port }: Deno.NetAddr,
): Promise<void> {
  using conn = await listener.accept();
  assertEquals(await readText(conn), "STARTTLS\n");
  await conn.write(encoder.encode(greeting));
  using server = await Deno.connect({ hostname, port });
  await Promise.allSettled([
    conn.readable.pipeTo(server.writable),
    server.readable.pipeTo(conn.writable),
  ]);
}

const cases = [
  ["nothing", ""],
  ["a line", "250 HELP\n"],
] as const;
for (const [what, more] of cases) {
  eachFamily(
    `detach() and Deno.startTls upgrade a connection with ${what} buffered`,
    async ({ loopback: hostname }) => {
      const { cert, key } = await makeCertificate();
      using back = Deno.listenTls({ hostname, port: 0, cert, key });
      using listener = Deno.listen({ hostname, port: 0 });
      const fronting = front(listener, `220 go ahead\n${more}`, back.addr);
      const serving = (async () => {
        using conn = await back.accept();
        await conn.write(encoder.encode(`secret: ${await readText(conn)}`));
      })();

      const plain = await connectTcp(listener.addr);
      await plain.send(encoder.encode("STARTTLS\n"));
      assertEquals(await plain.readLine(), "220 go ahead");
      await plain.peek(more.length);
      const { conn, buffered } = plain.detach();
      assert(plain.isClosed);
      assertEquals(decoder.decode(buffered), more);
      const tls = await Deno.startTls(conn, {
        hostname: "localhost",
        caCerts: [cert],
      });
      await tls.write(encoder.encode("hello"));
      assertEquals(await readText(tls), "secret: hello");
      await serving;
      tls.close();
      await fronting;
    },
  );
}
