// The raw API of Deno, with a new buffer for each datagram, which is its default,
// or with one for all.
import {
  DONE,
  ECHO,
  measure,
  parse,
  pumpTwice,
  SWALLOW,
  WINDOW,
} from "./work.js";

const task = parse(Deno.args);
const buffer = task.ways[0] === "reused" ? new Uint8Array(2048) : undefined;

const conn = Deno.listenDatagram({
  transport: "udp",
  hostname: "127.0.0.1",
  port: 0,
});
const peer = { transport: "udp", hostname: "127.0.0.1", port: task.port };

async function pump(tally, order) {
  await conn.send(order, peer);
  while (!tally.isLast((await conn.receive(buffer))[0].length));
  await conn.send(DONE, peer);
}

await measure(task, {
  async out(count) {
    for (let i = 0; i < count; i++) await conn.send(SWALLOW, peer);
  },
  "in": () => pumpTwice(task, pump),
  "in-paced": () => pumpTwice(task, pump),
  async "ping-pong"(count) {
    for (let i = 0; i < count; i++) {
      await conn.send(ECHO, peer);
      await conn.receive(buffer);
    }
  },
  async window(count) {
    for (let i = 0; i < WINDOW; i++) await conn.send(ECHO, peer);
    for (let i = WINDOW; i < count; i++) {
      await conn.receive(buffer);
      await conn.send(ECHO, peer);
    }
    for (let i = 0; i < WINDOW; i++) await conn.receive(buffer);
  },
});
conn.close();
