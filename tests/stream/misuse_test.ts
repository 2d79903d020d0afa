/** What callers without types may pass, and what comes too late. */
import { assertEquals, assertRejects } from "@std/assert";
import { BrokenPipeError } from "@berkeley/sockets/errors";
import {
  FrameError,
  type Framing,
  lengthPrefixFraming,
} from "@berkeley/sockets/tcp";
import { bytes, eachStream, readAll, text } from "../_each_stream.ts";

const framing = lengthPrefixFraming(2);

eachStream(
  "what is no Uint8Array is refused, and does no harm",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const notBytes = [
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
      await rejects(client.send(bad));
      await rejects(client.sendFrame(framing, bad));
      await rejects(client.write(bad));
      await assertRejects(() => client.writeAll(bad), TypeError);
      await assertRejects(() => client.read(bad), TypeError);
    }
    const word = "text" as unknown as Uint8Array;
    const calls = [
      () => client.write(word),
      () => client.sendFrame(framing, word),
      () => client.read(word),
    ];
    for (const call of calls) {
      await assertRejects(call, TypeError, "new TextEncoder().encode");
    }
    assertEquals(client.queued, 0);
    client.send(bytes("fine"));
    await client.writeAll(bytes(", too"));
    await client.closeWrite();
    assertEquals(text(await readAll(ends.server)), "fine, too");
    await ends.server.writeAll(bytes("back"));
    assertEquals(text(await client.readExact(4)), "back");
  },
);

eachStream(
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

eachStream(
  "wait options that are none reject, and do no harm",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const some = new Uint8Array(1);
    const calls = (options: object) => [
      () => client.write(some, options),
      () => client.writeAll(some, options),
      () => client.flush(options),
      () => client.closeGracefully(options),
    ];
    for (const timeout of ["5", null, true, {}, 5n]) {
      for (const call of calls({ timeout })) {
        await assertRejects(call, TypeError);
      }
    }
    for (const timeout of [-1, NaN]) {
      for (const call of calls({ timeout })) {
        await assertRejects(call, RangeError);
      }
    }
    for (const call of calls({ signal: "stop" })) {
      await assertRejects(call, TypeError);
    }
    assertEquals([client.isClosed, client.queued], [false, 0]);
    await client.send(bytes("fine"));
    await client.closeWrite();
    assertEquals(text(await readAll(ends.server)), "fine");
  },
);

eachStream(
  "sendFrame() rejects what a framing refuses",
  async ({ pair }) => {
    using ends = await pair();
    const { client } = ends;
    const large = new Uint8Array(70_000);
    const refused = client.sendFrame(framing, large);
    await assertRejects(() => refused, FrameError);
    const none = undefined as unknown as Framing;
    for (let again = 0; again < 2; again++) {
      await rejects(client.sendFrame(none, bytes("x")));
    }
    await client.sendFrame(framing, bytes("fine"));
    await client.closeWrite();
    assertEquals((await readAll(ends.server)).length, 6);
  },
);

/** Waits for the rejection of a call that must not throw. */
async function rejects(call: Promise<unknown>): Promise<void> {
  await assertRejects(() => call, TypeError);
}
