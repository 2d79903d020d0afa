// The raw TLS of Deno: a read or a write for each piece, as one would write it.
import {
  connectOrder,
  FRAME,
  measure,
  MESSAGE,
  MIB,
  parse,
  repeat,
} from "./work.js";

const task = parse(Deno.args);
const { cert, key } = task;

function connect() {
  return Deno.connectTls({
    hostname: "127.0.0.1",
    port: task.port,
    caCerts: [cert],
  });
}

async function open(wish) {
  const conn = await connect();
  await writeAll(conn, new TextEncoder().encode(wish));
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

await measure(task, {
  async "ping-pong"(count) {
    const conn = await open("e");
    const buffer = new Uint8Array(64);
    for (let i = 0; i < count; i++) {
      await writeAll(conn, MESSAGE);
      await readFull(conn, buffer);
    }
    conn.close();
  },
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
    const conn = await open("f");
    const head = new Uint8Array(4);
    const body = new Uint8Array(64);
    for (let i = 0; i < count; i++) {
      await readFull(conn, head);
      await readFull(conn, body);
    }
    conn.close();
  },
  async "frames-out"(count) {
    const conn = await open("s");
    for (let i = 0; i < count; i++) await writeAll(conn, FRAME);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  connect: (count) =>
    repeat(count, async () => {
      const conn = await connect();
      await conn.handshake();
      conn.close();
    }),
  async accept(count) {
    const where = { hostname: "127.0.0.1", port: 0 };
    const listener = Deno.listenTls({ ...where, cert, key });
    const control = await connect();
    await writeAll(control, connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) {
        const conn = await listener.accept();
        conn.handshake().then(() => conn.close());
      }
    })();
    await control.read(new Uint8Array(1));
    await accepting;
    listener.close();
    control.close();
  },
});
