// What this library does over a connection, TCP or TLS, by several ways.
import { lengthPrefixFraming } from "../stream/mod.ts";
import { FRAME, MESSAGE, MIB } from "./tcp/work.js";

const framing = lengthPrefixFraming(4);

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

/** The works over connections that `open` makes with a wish to the peer. */
export function ourWorks(open, way) {
  return {
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
  };
}
