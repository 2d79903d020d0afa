/** A connection over a WebSocketStream, which may bring text. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";

Deno.test({
  name: "from() takes the bytes of a WebSocketStream, and refuses its text",
  // It needs a program started with --unstable-net.
  ignore: !("WebSocketStream" in globalThis),
  // Deno 2.9 may leave its own timer for a slow close behind.
  sanitizeOps: false,
  async fn() {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { socket, response } = Deno.upgradeWebSocket(request);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => {
          socket.send(data);
          if (data.byteLength === 1) socket.send("text");
        };
        return response;
      },
    );
    const { port } = server.addr as Deno.NetAddr;
    const socket = new WebSocketStream(`ws://127.0.0.1:${port}/`);
    const conn = StreamConn.from(await socket.opened);
    await conn.send("one\ntwo\n");
    assertEquals([await conn.readLine(), await conn.readLine()], [
      "one",
      "two",
    ]);
    await conn.send("\n");
    assertEquals(await conn.readLine(), "");
    const error = await assertRejects(() => conn.readLine(), SocketError);
    assertEquals(error.code, "EBADMSG");
    await conn[Symbol.asyncDispose]();
    await socket.closed;
    assert(conn.isClosed);
  },
});
