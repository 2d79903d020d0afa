// The raw API of Deno: a read or a write for each piece, as one would write it.
import {
  connectOrder,
  FRAME,
  measure,
  memoryFor,
  MESSAGE,
  MIB,
  parse,
} from "./work.js";

const task = parse(Deno.args);

async function open(wish) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: task.port });
  conn.setNoDelay(true);
  await conn.write(new TextEncoder().encode(wish));
  return conn;
}

async function writeAll(conn, bytes) {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
  }
}

async function readFull(conn, buffer) {
  for (let at = 0; at < buffer.length;) {
    const n = await conn.read(at === 0 ? buffer : buffer.subarray(at));
    if (n === null) return false;
    at += n;
  }
  return true;
}

async function pingPong(count) {
  const conn = await open("e");
  const buffer = new Uint8Array(64);
  for (let i = 0; i < count; i++) {
    await conn.write(MESSAGE);
    await readFull(conn, buffer);
  }
  conn.close();
}

await measure(task, {
  "ping-pong": pingPong,
  "ping-pong-64": (count) =>
    Promise.all(Array.from({ length: 64 }, () => pingPong(count / 64)))
      .then(() => count),
  async "bulk-in"(count) {
    const conn = await open("b");
    const buffer = new Uint8Array(256 * 1024);
    for (let left = count * MIB; left > 0;) left -= await conn.read(buffer);
    conn.close();
  },
  async "bulk-out"(count) {
    const conn = await open("s");
    const block = new Uint8Array(MIB);
    for (let i = 0; i < count; i++) await writeAll(conn, block);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  async "frames-in"(count) {
    count = Math.floor(count / 40); // it would take a minute
    const conn = await open("f");
    const head = new Uint8Array(4);
    const body = new Uint8Array(64);
    for (let i = 0; i < count; i++) {
      await readFull(conn, head);
      await readFull(conn, body);
    }
    conn.close();
    return count;
  },
  async "frames-out"(count) {
    count = Math.floor(count / 40);
    const conn = await open("s");
    for (let i = 0; i < count; i++) await conn.write(FRAME);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
    return count;
  },
  async accept(count) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const control = await Deno.connect({
      hostname: "127.0.0.1",
      port: task.port,
    });
    await control.write(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.read(new Uint8Array(1));
    await accepting;
    listener.close();
    control.close();
  },
  memory: (count) =>
    memoryFor(count, () => Deno.memoryUsage().rss, async () => {
      const conn = await open("e");
      conn.read(new Uint8Array(4096)).catch(() => {});
      return conn;
    }),
});
