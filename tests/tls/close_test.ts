/**
 * A close right after a send. TLS 1.3 servers send session tickets after the handshake:
 * if a client closes before it has read them, the kernel resets the connection, and
 * the server loses what it has not read yet.
 */
import { assertEquals } from "@std/assert";
import { readToEnd } from "./_peers.ts";
import { CARRIERS, eachCarrier, SERVER } from "./_tls.ts";

const SENT = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 251);

for (const backend of CARRIERS) {
  eachCarrier(
    `close() loses nothing that was sent to a server over ${backend}`,
    async ({ pair }) => {
      await using ends = await pair(
        { highWaterMark: 2 * SENT.length },
        { ...SERVER, backend },
      );
      const sending = ends.client.send(SENT);
      ends.client.close();
      const received = await readToEnd(ends.server);
      assertEquals(received.length, SENT.length);
      assertEquals(received, SENT);
      await sending;
    },
  );
}
