/** What a TCP connection has beside what every stream has. */
import { IS_DENO } from "../_runtime.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BusyError,
  ClosedError,
  ConnectionResetError,
  NotSupportedError,
} from "@berkeley/sockets/errors";
import { bytes, eachTransport, text } from "../_each_stream.ts";

const HOUR = { timeout: 3_600_000 };

eachTransport(
  "reset() ends both sides at once, or says what it needs",
  async ({ pair, backend }) => {
    using ends = await pair();
    if (backend === "deno") {
      const error = assertThrows(() => ends.client.reset(), NotSupportedError);
      assert(error.message.includes('backend: "node"'), error.message);
      assert(!ends.client.isClosed);
      return;
    }
    const pending = assertRejects(
      () => ends.server.readExact(1),
      ConnectionResetError,
    );
    const own = assertRejects(() => ends.client.readExact(1), ClosedError);
    ends.client.send(bytes("dropped"));
    ends.client.reset();
    await pending;
    await own;
    ends.client.reset();
  },
);

eachTransport(
  "detach() gives up the runtime's connection with what was buffered",
  async ({ pair, backend }) => {
    using ends = await pair();
    await ends.server.writeAll(bytes("line\nrest"));
    await ends.client.peek(9);
    assertEquals(await ends.client.readLine(), "line");
    if (backend !== "deno") {
      assertThrows(() => ends.client.detach(), NotSupportedError);
      return;
    }
    const { conn, buffered } = ends.client.detach();
    using _ = conn;
    assertEquals(text(buffered), "rest");
    assert(ends.client.isClosed);
    await ends.server.writeAll(bytes("more"));
    const buffer = new Uint8Array(10);
    assertEquals(await conn.read(buffer), 4);
    await assertRejects(() => ends.client.readLine(), ClosedError);
  },
);

eachTransport(
  "setNoDelay() and setKeepAlive() are passed on",
  async ({ pair, backend }) => {
    using ends = await pair();
    ends.client.setNoDelay(false);
    ends.client.setNoDelay();
    ends.client.setKeepAlive();
    ends.client.setKeepAlive(false);
    if (backend !== "deno") ends.client.setKeepAlive(true, 10_000);
    else {
      assertThrows(
        () => ends.client.setKeepAlive(true, 10_000),
        NotSupportedError,
      );
    }
    for (const idle of [0, -1, NaN, 32_767_001, Infinity]) {
      assertThrows(() => ends.client.setKeepAlive(true, idle), RangeError);
    }
    ends.client.unref();
    ends.client.ref();
    ends.client.close();
    assertThrows(() => ends.client.setNoDelay(), ClosedError);
    assertThrows(() => ends.client.setKeepAlive(), ClosedError);
  },
);

eachTransport("a Deno.Conn is what a TcpConn passes for", async ({ pair }) => {
  using ends = await pair();
  const copy = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(3);
    const n = await conn.read(buffer);
    await conn.write(buffer.subarray(0, n!));
  };
  const copying = copy(ends.server);
  await ends.client.writeAll(bytes("abc"));
  await copying;
  assertEquals(text(await ends.client.readExact(3)), "abc");
});

eachTransport(
  "a reset peer rejects reads with ECONNRESET, after what had come",
  async ({ pair, listen, connect, backend }) => {
    if (backend !== "node") return; // only node can send RST without FFI
    using ends = await pair();
    ends.server.reset();
    const error = await assertRejects(
      () => ends.client.read(new Uint8Array(1)),
      ConnectionResetError,
    );
    assert(error instanceof Deno.errors.ConnectionReset);
    assertEquals(error.remoteAddr, ends.client.remoteAddr);
    using listener = await listen({ backend: "node" });
    using other = await connect(listener.addr, {
      backend: IS_DENO ? "deno" : "node",
    });
    using server = await listener.accept();
    server.reset();
    await assertRejects(() => other.readExact(1), ConnectionResetError);
  },
);

eachTransport(
  "detach() after a read that timed out says what to wait for",
  async ({ pair, backend }) => {
    if (backend !== "deno") return;
    using ends = await pair();
    await ends.client.readExact(4, { timeout: 5 }).catch(() => {});
    assertThrows(() => ends.client.detach(), BusyError, "peek(1)");
    await ends.server.writeAll(bytes("abc"));
    await ends.client.peek(1, HOUR);
    const { conn, buffered } = ends.client.detach();
    using own = conn;
    assertEquals(text(buffered), "abc");
    await ends.server.writeAll(bytes("d"));
    const more = new Uint8Array(4);
    assertEquals(await own.read(more), 1);
  },
);

eachTransport(
  "a readable that fails closes the connection",
  async ({ listen, connect }) => {
    using listener = await listen();
    using peer = await connect(listener.addr, { backend: "node" });
    using conn = await listener.accept();
    const reading = assertRejects(
      () => new Response(conn.readable).arrayBuffer(),
      ConnectionResetError,
    );
    peer.reset();
    await reading;
    assert(conn.isClosed);
  },
);
