/** What callers without types may pass, and what comes too late. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BrokenPipeError } from "@berkeley/sockets/errors";
import { lengthPrefixFraming } from "@berkeley/sockets/tcp";
import { bytes, eachTransport, readAll, text } from "./_each_transport.ts";

const framing = lengthPrefixFraming(2);

eachTransport(
  "what is no Uint8Array is refused, and does no harm",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const notBytes = [
      "text",
      [1, 2, 3],
      new ArrayBuffer(3),
      new DataView(new ArrayBuffer(3)),
      new Uint16Array(3),
      new Uint8ClampedArray(3),
      7,
      undefined,
      null,
    ] as unknown[] as Uint8Array[];
    for (const bad of notBytes) {
      assertThrows(() => client.send(bad), TypeError);
      assertThrows(() => client.sendFrame(framing, bad), TypeError);
      assertThrows(() => client.write(bad), TypeError);
      await assertRejects(() => client.writeAll(bad), TypeError);
      assertThrows(() => client.read(bad), TypeError);
    }
    assertThrows(
      () => client.send("text" as unknown as Uint8Array),
      TypeError,
      "new TextEncoder().encode",
    );
    assertEquals(client.queued, 0);
    client.send(bytes("fine"));
    await client.writeAll(bytes(", too"));
    await client.closeWrite();
    assertEquals(text(await readAll(ends.server)), "fine, too");
    await ends.server.writeAll(bytes("back"));
    assertEquals(text(await client.readExact(4)), "back");
  },
);

eachTransport(
  "nothing is sent after closeWrite(), although the queue still is",
  async ({ pair }) => {
    using ends = await pair();
    const writing = ends.client.writeAll(new Uint8Array(9_000_000));
    ends.client.send(bytes("last"));
    const ending = ends.client.closeWrite();
    await assertRejects(
      () => ends.client.sendFrame(framing, bytes("late")),
      BrokenPipeError,
    );
    await assertRejects(() => ends.client.send(bytes("late")), BrokenPipeError);
    await assertRejects(() => ends.client.drained(), BrokenPipeError);
    await ends.server.readExact(9_000_000);
    assertEquals(text(await readAll(ends.server)), "last");
    await Promise.all([writing, ending]);
  },
);
