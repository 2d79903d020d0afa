/** Buffers that are transferred while a read or a write is pending. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BrokenPipeError } from "@berkeley/sockets/errors";
import { bytes, eachStream, readAll, text } from "../_each_stream.ts";
import { endingOf } from "./_ending.ts";

/** Takes the memory away, as `postMessage` does, and returns it. */
function transfer(buffer: Uint8Array<ArrayBuffer>): Uint8Array {
  return structuredClone(buffer, { transfer: [buffer.buffer] });
}

// Below 4096 bytes it is read into a buffer of the connection's own.
for (const size of [16, 100_000]) {
  eachStream(
    `read() into ${size} bytes that are transferred loses none`,
    async ({ pair }) => {
      using ends = await pair();
      const buffer = new Uint8Array(size);
      const reading = ends.client.read(buffer).catch((error) => error);
      const moved = transfer(buffer);
      await ends.server.writeAll(bytes("some"));
      const result = await reading;
      // The runtime may have gone on to fill the memory where it is now.
      const taken = result instanceof TypeError ? 0 : result;
      const left = await ends.client.readExact(4 - taken);
      assertEquals(text(moved.subarray(0, taken))! + text(left), "some");
      await ends.server.writeAll(bytes("more"));
      assertEquals(text(await ends.client.readExact(4)), "more");
    },
  );

  eachStream(
    `readExact() into ${size} bytes that are transferred rejects`,
    async ({ pair }) => {
      using ends = await pair();
      const buffer = new Uint8Array(size);
      const reading = assertRejects(
        () => ends.client.readExact(buffer),
        TypeError,
        "taken away",
      );
      await ends.server.writeAll(new Uint8Array(10));
      transfer(buffer);
      const rest = new Uint8Array(size);
      rest.set(bytes("end"), size - 3);
      await ends.server.writeAll(rest);
      await ends.server.closeWrite();
      await reading;
      assertEquals(text((await readAll(ends.client)).slice(-3)), "end");
    },
  );
}

eachStream(
  "a read with a time limit loses nothing when its buffer is transferred",
  async ({ pair }) => {
    using ends = await pair();
    for (const method of ["read", "readExact"] as const) {
      const buffer = new Uint8Array(4);
      const reading = assertRejects(
        () => ends.client[method](buffer, { timeout: 30_000 }),
        TypeError,
        "taken away",
      );
      transfer(buffer);
      await ends.server.writeAll(bytes("some"));
      await reading;
      assertEquals(text(await ends.client.readExact(4)), "some");
    }
  },
);

eachStream(
  "a message that is transferred in the queue fails alone",
  async ({ pair }) => {
    using ends = await pair();
    const writing = ends.client.writeAll(new Uint8Array(9_000_000).fill(1));
    const lost = new Uint8Array(100_000);
    const failing = assertRejects(
      () => ends.client.send(lost),
      TypeError,
      "taken away",
    );
    const flushing = ends.client.flush();
    const following = ends.client.writeAll(bytes("end"));
    transfer(lost);
    assertEquals((await ends.server.readExact(9_000_000)).at(-1), 1);
    assertEquals(text(await ends.server.readExact(3)), "end");
    await failing;
    await Promise.all([writing, flushing, following]);
    assertEquals(ends.client.queued, 0);
    assertEquals(ends.client.bytesWritten, 9_000_003);
  },
);

eachStream(
  "a message that is transferred when it is half sent ends the writing",
  async ({ pair }) => {
    using ends = await pair();
    const size = 30_000_000; // more than the kernel takes
    const message = new Uint8Array(size).fill(1);
    const writing = ends.client.writeAll(message).catch((error) => error);
    const following = ends.client.send(bytes("end")).catch((error) => error);
    await ends.server.readExact(1);
    transfer(message);
    const reading = endingOf(ends.server);
    const errors = [await writing, await following];
    ends.client.close();
    const { count } = await reading;
    for (const error of errors) {
      // What node:net was writing at that moment, it reports as EPIPE.
      const isOfNode = ends.client.backend === "node" &&
        error instanceof BrokenPipeError;
      assert(isOfNode || error instanceof TypeError, String(error));
    }
    assert(count + 1 < size, "nothing follows half a message");
  },
);
