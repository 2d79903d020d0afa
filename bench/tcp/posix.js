// The Berkeley API over libc; the fourth argument is for how long a call spins.
import { AF_INET, SHUT_WR, SOCK_STREAM, socket } from "../../posix/mod.ts";
import { measure, MESSAGE, MIB, parse } from "./work.js";

const task = parse(Deno.args);
const spin = Number(Deno.args[3] ?? 0);

async function open(wish) {
  const conn = socket(AF_INET, SOCK_STREAM);
  conn.setSockOpt("TCP_NODELAY", true);
  conn.spin = spin;
  await conn.connect({ hostname: "127.0.0.1", port: task.port });
  await conn.send(new TextEncoder().encode(wish));
  return conn;
}

async function pingPong(count) {
  const conn = await open("e");
  const buffer = new Uint8Array(4096);
  for (let i = 0; i < count; i++) {
    await conn.send(MESSAGE);
    for (let got = 0; got < 64;) got += await conn.recv(buffer);
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
    for (let left = count * MIB; left > 0;) left -= await conn.recv(buffer);
    conn.close();
  },
  async "bulk-out"(count) {
    const conn = await open("s");
    const block = new Uint8Array(MIB);
    for (let i = 0; i < count; i++) await conn.send(block);
    conn.shutdown(SHUT_WR);
    await conn.recv(new Uint8Array(1));
    conn.close();
  },
});
