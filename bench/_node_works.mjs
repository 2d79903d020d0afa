// What node:net and node:tls do over a socket, in whichever runtime has them.
import { Buffer } from "node:buffer";
import { FRAME, MESSAGE, MIB } from "./tcp/work.js";

/** Resolves with the socket once it has connected and made its wish. */
export function whenOpen(socket, event, wish) {
  return new Promise((resolve, reject) => {
    socket.setNoDelay(true);
    socket.once("error", reject);
    socket.once(event, () => {
      socket.off("error", reject);
      socket.on("error", () => {}); // closed in the middle of what the peer sends
      if (wish !== undefined) socket.write(wish);
      resolve(socket);
    });
  });
}

const drained = (socket) =>
  new Promise((resolve) => socket.once("drain", resolve));

async function ended(socket) {
  const answer = new Promise((resolve) => socket.once("data", resolve));
  socket.end();
  await answer;
  socket.destroy();
}

/** The works over sockets that `open` makes with a wish to the peer. */
export function nodeWorks(open) {
  return {
    async "ping-pong"(count) {
      const socket = await open("e");
      await new Promise((resolve) => {
        let got = 0;
        let left = count;
        socket.on("data", (chunk) => {
          got += chunk.length;
          if (got < 64) return;
          got -= 64;
          if (--left > 0) socket.write(MESSAGE);
          else resolve();
        });
        socket.write(MESSAGE);
      });
      socket.destroy();
    },
    async "bulk-in"(count) {
      const socket = await open("b");
      await new Promise((resolve) => {
        let left = count * MIB;
        socket.on("data", (chunk) => {
          if ((left -= chunk.length) <= 0) resolve();
        });
      });
      socket.destroy();
    },
    async "bulk-out"(count) {
      const socket = await open("s");
      const block = new Uint8Array(MIB);
      for (let i = 0; i < count; i++) {
        if (!socket.write(block)) await drained(socket);
      }
      await ended(socket);
    },
    async "frames-in"(count) {
      const socket = await open("f");
      let got = 0;
      await new Promise((resolve) => {
        let rest = new Uint8Array(0);
        socket.on("data", (chunk) => {
          const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
          let at = 0;
          while (bytes.length - at >= 4) {
            const size = bytes.readUInt32BE(at);
            if (bytes.length - at - 4 < size) break;
            bytes.subarray(at + 4, at + 4 + size);
            at += 4 + size;
            got++;
          }
          rest = bytes.subarray(at);
          if (got >= count) resolve();
        });
      });
      socket.destroy();
      return got;
    },
    async "frames-out"(count) {
      const socket = await open("s");
      for (let i = 0; i < count;) {
        socket.cork();
        for (let n = 0; n < 256 && i < count; n++, i++) socket.write(FRAME);
        socket.uncork();
        if (socket.writableNeedDrain) await drained(socket);
      }
      await ended(socket);
    },
  };
}

/** Serves as many connections as the peer is asked for, which `open` asks. */
export async function acceptMany(server, open, order) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const control = await open(order(server.address().port));
  await new Promise((resolve) => control.once("data", resolve));
  server.close();
  control.destroy();
}
