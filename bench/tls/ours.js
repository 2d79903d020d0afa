// This library; the fifth argument chooses a way where there are several, the sixth
// a backend.
import { connectTls, listenTls } from "../../tls/mod.ts";
import { lengthPrefixFraming } from "../../stream/mod.ts";
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
const way = Deno.args[4];
const backend = Deno.args[5] || undefined;
const framing = lengthPrefixFraming(4);

function connect() {
  return connectTls({
    hostname: "127.0.0.1",
    port: task.port,
    caCerts: [cert],
    backend,
  });
}

async function open(wish) {
  const conn = await connect();
  await conn.writeAll(wish);
  return conn;
}

const FRAMES_IN = {
  async borrowed(conn, count) {
    let got = 0;
    for await (const batch of conn.frameBatches(framing, { borrow: true })) {
      if ((got += batch.length) >= count) return got;
    }
  },
  async frames(conn, count) {
    let got = 0;
    for await (const _ of conn.frames(framing)) if (++got === count) return got;
  },
  async readFrame(conn, count) {
    let got = 0;
    while (await conn.readFrame(framing) !== null) {
      if (++got === count) return got;
    }
  },
};

const FRAMES_OUT = {
  async send(conn, count) {
    for (let i = 0; i < count; i++) {
      conn.send(FRAME);
      if (conn.queued > MIB) await conn.drained();
    }
  },
  async "await send"(conn, count) {
    for (let i = 0; i < count; i++) await conn.send(FRAME);
  },
};

await measure(task, {
  async "ping-pong"(count) {
    const conn = await open("e");
    const buffer = new Uint8Array(64);
    for (let i = 0; i < count; i++) {
      await conn.write(MESSAGE);
      await conn.readExact(buffer);
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
    for (let i = 0; i < count; i++) await conn.writeAll(block);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  async "frames-in"(count) {
    const conn = await open("f");
    const got = await FRAMES_IN[way || "borrowed"](conn, count);
    conn.close();
    return got;
  },
  async "frames-out"(count) {
    const conn = await open("s");
    await FRAMES_OUT[way || "send"](conn, count);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  connect: (count) => repeat(count, async () => (await connect()).close()),
  async accept(count) {
    const where = { hostname: "127.0.0.1", port: 0, backend };
    using listener = await listenTls({ ...where, cert, key });
    using control = await connect();
    await control.writeAll(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.readExact(1);
    await accepting;
  },
});
