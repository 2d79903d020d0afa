// What the raw API of Deno does over a connection, TCP or TLS: a read or a write for
// each piece, as one would write it.
import { FRAME, MESSAGE, MIB } from "./tcp/work.js";

export async function writeAll(conn, bytes) {
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

/** The works over connections that `open` makes with a wish to the peer. */
export function rawWorks(open) {
  return {
    async "ping-pong"(count) {
      const conn = await open("e");
      const buffer = new Uint8Array(64);
      for (let i = 0; i < count; i++) {
        await conn.write(MESSAGE);
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
      return count;
    },
    async "frames-out"(count) {
      const conn = await open("s");
      for (let i = 0; i < count; i++) await conn.write(FRAME);
      await conn.closeWrite();
      await conn.read(new Uint8Array(1));
      conn.close();
      return count;
    },
  };
}
