// The Berkeley API over libc: a call for each datagram, or one for a batch.
import { AF_INET, MessageBatch, SOCK_DGRAM, socket } from "../../posix/mod.ts";
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
const isBatch = task.ways[0] === "batch";
const spin = Number(task.ways[1] ?? 0);
const one = socket(AF_INET, SOCK_DGRAM);
one.spin = spin;
await one.connect({ hostname: "127.0.0.1", port: task.port });
const buffer = new Uint8Array(2048);
const batch = new MessageBatch({ capacity: 64, size: 2048 });

function full(bytes, count) {
  const out = new MessageBatch({ capacity: count, size: 64 });
  for (let i = 0; i < count; i++) out.push(bytes);
  return out;
}

const swallow = full(SWALLOW, 64);
const answers = new MessageBatch({ capacity: 64, size: 64 });

async function pump(tally, order) {
  await one.send(order);
  for (;;) {
    if (!isBatch) {
      if (tally.isLast(await one.recv(buffer))) break;
      continue;
    }
    const count = one.recvManyNow(batch) ?? await one.recvMany(batch);
    let isOver = false;
    for (let i = 0; i < count; i++) {
      isOver = tally.isLast(batch.lengthAt(i)) || isOver;
    }
    if (isOver) break;
  }
  await one.send(DONE);
}

async function bounce(count, window) {
  for (let i = 0; i < window; i++) await one.send(ECHO);
  let left = count;
  while (left > 0) {
    if (!isBatch) {
      await one.recv(buffer);
      if (left > window) await one.send(ECHO);
      left--;
      continue;
    }
    const got = one.recvManyNow(batch) ?? await one.recvMany(batch);
    answers.clear();
    for (let i = 0; i < got && left - i > window; i++) answers.push(ECHO);
    left -= got;
    if (answers.length > 0) await one.sendMany(answers);
  }
}

await measure(task, {
  async out(count) {
    if (!isBatch) {
      for (let i = 0; i < count; i++) await one.send(SWALLOW);
    } else for (; count > 0; count -= 64) await one.sendMany(swallow);
  },
  "in": () => pumpTwice(task, pump),
  "in-paced": () => pumpTwice(task, pump),
  "ping-pong": (count) => bounce(count, 1),
  window: (count) => bounce(count, WINDOW),
});
one.close();
