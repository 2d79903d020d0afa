/** Handing the transport of a connection to another owner, such as TLS. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError } from "@berkeley/sockets/errors";
import { takeOver } from "../../stream/_seam.ts";
import { bytes, eachStream, text } from "../_each_stream.ts";

eachStream(
  "takeOver() returns the transport and the unread bytes",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await client.send(bytes("one\ntwo"));
    assertEquals(await server.readLine(), "one");
    await server.peek(3);

    const { transport, buffered, pending } = takeOver(
      server,
      "startTls",
      "it is taken",
    );
    assertEquals([text(buffered), pending], ["two", undefined]);
    await transport.write(bytes("three\n"));
    assertEquals(await client.readLine(), "three");
    await transport.close();
    assertEquals(await client.readLine(), null);

    assertEquals(server.isClosed, true);
    const error = await assertRejects(() => server.readLine(), ClosedError);
    assertEquals(error.message.includes("it is taken (EBADF)"), true);
    await assertRejects(() => server.send(bytes("x")), ClosedError);
    assertThrows(() => takeOver(server, "startTls", "again"), ClosedError);
    server.close(); // closes nothing twice
  },
);

eachStream(
  "takeOver() returns what a cancelled read has left pending",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    await assertRejects(() => server.readLine({ timeout: 0 }));
    const taken = takeOver(server, "startTls", "it is taken");
    await client.send(bytes("late"));
    assertEquals(text(await taken.pending!), "late");
    await client.closeWrite();
    assertEquals(await taken.transport.read(new Uint8Array(9)), null);
    await taken.transport.close();
  },
);

eachStream(
  "takeOver() refuses while a read is pending",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    const reading = server.readLine();
    const error = assertThrows(
      () => takeOver(server, "startTls", "it is taken"),
      BusyError,
    );
    assertEquals(
      error.message.replace(/with .*?: /, "with …: "),
      "Cannot start TLS with …: a read or a write is pending (EBUSY)",
    );
    await client.send(bytes("still open\n"));
    assertEquals(await reading, "still open");
  },
);
