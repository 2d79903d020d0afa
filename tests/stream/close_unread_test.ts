import { assertEquals } from "@std/assert";
import { endingOf } from "./_ending.ts";
import {
  type Backend,
  bytes,
  eachStream,
  eachTransport,
} from "../_each_stream.ts";

/** Returns more bytes than a backend reads ahead, and fewer than its kernel keeps. */
function unread(backend: Backend): Uint8Array {
  return new Uint8Array(backend === "simulated" ? 100_000 : 400_000);
}

eachStream(
  "close() with bytes that are buffered but not read ends in order",
  async ({ pair }) => {
    using ends = await pair();
    await ends.server.writeAll(new Uint8Array(1000));
    await ends.client.peek(1000);
    await ends.client.send(bytes("goodbye"));
    ends.client.close();
    const { last, how } = await endingOf(ends.server);
    assertEquals([last, how], ["goodbye", "end of stream"]);
  },
);

eachTransport(
  "close() with bytes in the kernel that are not read is a reset, or hides it",
  async ({ pair, backend }) => {
    if (Deno.build.os !== "linux") return; // other kernels may not reset
    using ends = await pair();
    const { client, server } = ends;
    await server.writeAll(unread(backend));
    await client.peek(1);
    await client.send(bytes("goodbye"));
    await client[Symbol.asyncDispose]();
    const { last, how } = await endingOf(server);
    // Deno sends FIN before it closes, so the end comes first.
    const expected = backend === "deno" ? "end of stream" : "ECONNRESET";
    assertEquals([last, how], ["goodbye", expected]);
  },
);

eachTransport(
  "close() with unread bytes, before the peer has all that was sent, is a reset",
  async ({ pair, backend }) => {
    if (Deno.build.os !== "linux") return;
    using ends = await pair();
    const { client, server } = ends;
    await server.writeAll(unread(backend));
    await client.peek(1);
    client.send(new Uint8Array(1_000_000));
    await client[Symbol.asyncDispose]();
    assertEquals((await endingOf(server)).how, "ECONNRESET");
  },
);
