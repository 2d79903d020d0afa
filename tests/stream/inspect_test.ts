/** What `console.log` prints of connections, listeners, servers and sockets. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { serve, StreamConn } from "@berkeley/sockets/stream";
import { connectTcp, listenTcp, TcpConn } from "@berkeley/sockets/tcp";
import { connPair, listenerInMemory } from "@berkeley/sockets/testing";
import { connectUdp, UdpSocket } from "@berkeley/sockets/udp";
import { inspect } from "node:util";

Deno.test("console.log() of a connection prints its addresses, state and counters", async () => {
  const { client, server } = connPair();
  await client.send("hello");
  await server.peek(5);
  assertEquals(
    inspect(server),
    `StreamConn {
  state: 'open',
  localAddr: '192.0.2.2:7',
  remoteAddr: '192.0.2.1:49152',
  backend: 'memory',
  bytesRead: 5,
  bytesWritten: 0,
  buffered: 5,
  queued: 0
}`,
  );
  server.close();
  assertStringIncludes(inspect({ server }), "state: 'closed'");
  client.close();
});

Deno.test({
  name: "console.log() of TCP and UDP prints the class that users hold",
  permissions: { net: true },
  async fn() {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    using conn = await connectTcp(listener.addr);
    using socket = await connectUdp({ port: 9 });
    const { port } = listener.addr;
    const text = inspect([listener, conn, socket]);
    assertStringIncludes(text, "TcpListener {");
    assertStringIncludes(text, `addr: '127.0.0.1:${port}'`);
    assertStringIncludes(text, "TcpConn {");
    assertStringIncludes(text, "ConnectedUdpSocket {");
    assertStringIncludes(text, "remoteAddr: '127.0.0.1:9'");
    assertStringIncludes(text, "dropped: 0");
  },
});

Deno.test("console.log() of a server prints what it has done", async () => {
  await using server = serve(listenerInMemory(), () => {});
  assertStringIncludes(inspect(server), "addr: '192.0.2.2:7'");
  assertStringIncludes(inspect(server), "accepted: 0");
});

Deno.test("console.log() of a class or its prototype reads no field", () => {
  for (const { prototype } of [StreamConn, TcpConn, UdpSocket]) {
    assertEquals(inspect(prototype), prototype.constructor.name);
  }
});
