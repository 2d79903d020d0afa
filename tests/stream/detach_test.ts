/** Giving back what carries a connection. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError } from "@berkeley/sockets/errors";
import { StreamConn } from "@berkeley/sockets/stream";
import { bytes, eachStream, text } from "../_each_stream.ts";

eachStream(
  "detach() gives back a source that goes on where its connection stood",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await server.writeAll("line\nrest");
    await client.peek(9);
    assertEquals(await client.readLine(), "line");

    const { conn, buffered } = client.detach();
    assertEquals([text(buffered), client.isClosed], ["rest", true]);
    await assertRejects(() => client.readLine(), ClosedError);
    assertThrows(() => client.detach(), ClosedError);
    client.close(); // closes nothing

    await using again = StreamConn.from(conn as Deno.Conn);
    await server.writeAll("more\n");
    assertEquals(await again.readLine(), "more");
    await again.writeAll("answer\n");
    assertEquals(await server.readLine(), "answer");
  },
  ["detach"],
);

eachStream(
  "detach() refuses while a read or a write is pending",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    const reading = client.readExact(1);
    assertThrows(() => client.detach(), BusyError);
    await server.writeAll("x");
    await reading;
    client.send(bytes("y"));
    assertThrows(() => client.detach(), BusyError);
    await client.flush();
    await StreamConn.from(client.detach().conn as Deno.Conn)
      [Symbol.asyncDispose]();
  },
  ["detach"],
);
