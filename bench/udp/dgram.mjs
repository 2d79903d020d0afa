// node:dgram, in whichever runtime has it: Deno, Node, Bun.
import dgram from "node:dgram";
import process from "node:process";
import {
  DONE,
  ECHO,
  measure,
  parse,
  pumpTwice,
  SWALLOW,
  WINDOW,
} from "./work.js";

const task = parse(process.argv.slice(2));
const socket = dgram.createSocket("udp4");
await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));

function send(bytes) {
  return new Promise((resolve, reject) => {
    socket.send(bytes, task.port, "127.0.0.1", (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Hears each datagram until one is the last. */
function each(isLast) {
  return new Promise((resolve) => {
    socket.on("message", function listen(bytes) {
      if (!isLast(bytes.length)) return;
      socket.off("message", listen);
      resolve();
    });
  });
}

async function pump(tally, order) {
  const heard = each((length) => tally.isLast(length));
  await send(order);
  await heard;
  await send(DONE);
}

async function bounce(count, window) {
  let sent = window;
  let got = 0;
  const heard = each(() => {
    if (sent++ < count) socket.send(ECHO, task.port, "127.0.0.1");
    return ++got === count;
  });
  for (let i = 0; i < window; i++) await send(ECHO);
  await heard;
}

await measure(task, {
  async out(count) {
    const sends = [];
    while (count-- > 0) {
      sends.push(send(SWALLOW));
      if (sends.length === 32) await Promise.all(sends.splice(0));
    }
    await Promise.all(sends);
  },
  "in": () => pumpTwice(task, pump),
  "in-paced": () => pumpTwice(task, pump),
  "ping-pong": (count) => bounce(count, 1),
  window: (count) => bounce(count, WINDOW),
});
socket.close();
