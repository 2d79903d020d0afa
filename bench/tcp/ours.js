// This library; the fourth argument chooses a way where there are several.
import { connectTcp, lengthPrefixFraming, listenTcp } from "../../tcp/mod.ts";
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
const way = Deno.args[3];
const backend = Deno.args[4];
const framing = lengthPrefixFraming(4);

async function open(wish) {
  const conn = await connectTcp({
    hostname: "127.0.0.1",
    port: task.port,
    backend,
  });
  await conn.write(new TextEncoder().encode(wish));
  return conn;
}

async function pingPong(count) {
  const conn = await open("e");
  const buffer = new Uint8Array(64);
  for (let i = 0; i < count; i++) {
    await conn.write(MESSAGE);
    await conn.readExact(buffer);
  }
  conn.close();
}

const FRAMES_IN = {
  async frameBatches(conn, count) {
    let got = 0;
    for await (const batch of conn.frameBatches(framing)) {
      if ((got += batch.length) >= count) return got;
    }
  },
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
  async sendFrame(conn, count) {
    for (let i = 0; i < count; i++) {
      conn.sendFrame(framing, MESSAGE);
      if (conn.queued > MIB) await conn.drained();
    }
  },
};

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
    for (let i = 0; i < count; i++) await conn.writeAll(block);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  async "frames-in"(count) {
    const conn = await open("f");
    const got = await FRAMES_IN[way](conn, count);
    conn.close();
    return got;
  },
  async "frames-out"(count) {
    const conn = await open("s");
    await FRAMES_OUT[way](conn, count);
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
    conn.close();
  },
  async accept(count) {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    using control = await connectTcp({
      hostname: "127.0.0.1",
      port: task.port,
    });
    await control.writeAll(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.readExact(1);
    await accepting;
  },
  memory: (count) =>
    memoryFor(count, () => Deno.memoryUsage().rss, async () => {
      const conn = await open("e");
      conn.readLine().catch(() => {});
      return conn;
    }),
});
