import { assert, assertEquals, assertRejects } from "@std/assert";
import type { UnixConn } from "@berkeley/sockets/unix";
import { ClosedError } from "@berkeley/sockets/errors";
import { bytes, text } from "../_each_stream.ts";
import { eachName, SOON } from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

eachName("connectUnix() connects two ends that know their addresses", async ({
  backend,
  path,
  listen,
  connect,
}) => {
  await using listener = await listen();
  const addr = { transport: "unix", path };
  const unnamed = { transport: "unix", path: "" };
  assertEquals<unknown>(listener.addr, addr);
  await using client = await connect();
  await using server = await listener.accept(SOON);
  assertEquals<unknown>([client.localAddr, client.remoteAddr], [unnamed, addr]);
  assertEquals<unknown>([server.localAddr, server.remoteAddr], [addr, unnamed]);
  for (const end of [listener, client, server]) {
    assertEquals(end.backend, backend);
  }
});

eachName(
  "UnixConn passes as a Deno.UnixConn and has no reset()",
  async ({ pair }) => {
    await using ends = await pair();
    const conn: Deno.UnixConn = ends.client;
    await conn.write(bytes("x"));
    const buffer = new Uint8Array(4);
    const server: Deno.Conn = ends.server;
    assertEquals(await server.read(buffer), 1);
    assert(!("reset" in conn));
  },
);

eachName(
  "UnixConn reads lines and exact counts, and half-closes",
  async ({ pair }) => {
    await using ends = await pair();
    const { client, server } = ends;
    await client.send(bytes("line\nrest"));
    await client.closeWrite();
    assertEquals(await server.readLine(SOON), "line");
    assertEquals(text(await server.readExact(4, SOON)), "rest");
    assertEquals(await server.read(new Uint8Array(1), SOON), null);
    await server.send(bytes("still there\n"));
    assertEquals(await client.readLine(SOON), "still there");
  },
);

eachName(
  "UnixConn holds back a sender whose peer does not read",
  async ({ pair }) => {
    await using ends = await pair({ highWaterMark: 1000 });
    const total = 3_000_000;
    const sending = ends.client.writeAll(new Uint8Array(total).fill(7));
    let isDone = false;
    sending.then(() => isDone = true, () => {});
    await ends.server.peek(1, SOON);
    assert(!isDone);
    const all = await ends.server.readExact(total, SOON);
    assert(all.every((byte) => byte === 7));
    await sending;
  },
);

eachName("close() ends the pending reads of both sides", async ({ pair }) => {
  await using ends = await pair();
  const own = assertRejects(() => ends.client.readLine(), ClosedError);
  const peers = ends.server.readLine(SOON);
  ends.client.close();
  await own;
  assertEquals(await peers, null);
});

eachName(
  "close() with unread bytes resets the peer",
  async ({ backend, pair }) => {
    await using ends = await pair();
    await ends.client.writeAll(bytes("unread"));
    await ends.server.peek(1, SOON);
    // What is left in the kernel counts: the client sends more than the buffer takes.
    const sending = ends.client.writeAll(new Uint8Array(1_000_000)).catch(
      () => {},
    );
    await ends.server.peek(4096, SOON);
    await ends.server[Symbol.asyncDispose]();
    await sending;
    const read = () => ends.client.read(new Uint8Array(1), SOON);
    const { code } = await assertRejects(read) as { code?: string };
    // Over node:net of Deno, the write that failed ends the reads, too.
    const isWrite = backend === "node" && IS_DENO;
    assertEquals(code, isWrite ? "EPIPE" : "ECONNRESET");
  },
);

eachName("errors of a connection name its path", async ({ path, pair }) => {
  await using ends = await pair();
  const shown = path.replace("\0", "@");
  const failure = async (conn: UnixConn) => {
    conn.close();
    const error = await assertRejects(() => conn.readLine());
    return (error as Error).message;
  };
  assertEquals(
    await failure(ends.client),
    `Cannot read from ${shown}: the socket is closed (EBADF)`,
  );
  assertEquals(
    await failure(ends.server),
    `Cannot read from a client of ${shown}: the socket is closed (EBADF)`,
  );
});
