import { assertEquals } from "@std/assert";
import { endingOf } from "./_ending.ts";
import { bytes, eachStream } from "../_each_stream.ts";

/** More than the kernels of both ends keep. */
const MUCH = 20 * 1024 * 1024;

/** What may be going on when `closeRead()` is called. */
const BEFORE_CLOSE_READ = ["nothing", "a pending read", "buffered bytes"];

for (const before of BEFORE_CLOSE_READ) {
  eachStream(
    `closeRead() with ${before}, then closeGracefully(), loses nothing that was sent`,
    async ({ pair }) => {
      using ends = await pair();
      const { client, server } = ends;
      const answering = server.writeAll(new Uint8Array(MUCH));
      if (before === "buffered bytes") await client.peek(1);
      const reading = before === "a pending read"
        ? client.readExact(MUCH + 1).catch(() => {})
        : undefined;
      client.closeRead();
      await reading;
      client.send(new Uint8Array(3_000_000));
      const closing = client.closeGracefully({ timeout: 30_000 });
      const { count, how } = await endingOf(server, { pause: 1 });
      assertEquals([count, how], [3_000_000, "end of stream"]);
      await answering;
      server.close();
      await closing;
    },
  );
}

eachStream(
  "closeGracefully() reads while it sends, so that an echo gets through",
  async ({ pair }) => {
    using ends = await pair();
    const echoing = ends.server.readable.pipeTo(ends.server.writable);
    ends.client.send(new Uint8Array(MUCH));
    await ends.client.closeGracefully({ timeout: 30_000 });
    await echoing;
    assertEquals(ends.client.bytesRead, MUCH);
  },
);

eachStream(
  "closeGracefully() leaves bytes to a read that was called before it",
  async ({ pair }) => {
    using ends = await pair();
    const { client, server } = ends;
    const line = client.readLine();
    const closing = [client.closeGracefully(), client.closeGracefully()];
    await server.writeAll(bytes("a line\nmore"));
    assertEquals(await line, "a line");
    server.close();
    await Promise.all(closing);
  },
);
