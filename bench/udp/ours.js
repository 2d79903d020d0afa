// This library: on which transport, and by which of its calls.
import { bindUdp, connectUdp } from "../../udp/mod.ts";
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
const [backend, way] = task.ways;
const hostname = "127.0.0.1";
const peer = { transport: "udp", hostname, port: task.port };
const options = { backend, maxDatagramSize: 2047 };
const socket = way.startsWith("connected")
  ? await connectUdp({ ...options, ...peer })
  : await bindUdp({ ...options, hostname });
const buffer = new Uint8Array(2048);

const RECEIVE = {
  async receiveInto(tally) {
    while (!tally.isLast((await socket.receiveInto(buffer)).length));
  },
  async receive(tally) {
    while (!tally.isLast((await socket.receive()).data.length));
  },
  async receiveBatch(tally) {
    for (;;) {
      for (const { data } of await socket.receiveBatch(64)) {
        if (tally.isLast(data.length)) return;
      }
    }
  },
  async iteration(tally) {
    for await (const { data } of socket) {
      if (tally.isLast(data.length)) return;
    }
  },
};

const SEND = {
  async sendTo(count) {
    for (let i = 0; i < count; i++) await socket.sendTo(SWALLOW, peer);
  },
  async sendMany(count) {
    const many = Array.from({ length: 64 }, () => ({
      data: SWALLOW,
      address: peer,
    }));
    for (; count >= 64; count -= 64) await socket.sendMany(many);
    await socket.sendMany(many.slice(0, count));
  },
  async "connected send"(count) {
    for (let i = 0; i < count; i++) await socket.send(SWALLOW);
  },
};

async function pump(tally, order) {
  await socket.sendTo(order, peer);
  await RECEIVE[way](tally);
  await socket.sendTo(DONE, peer);
}

/** Answers one by one, or as many as have come at once. */
const ROUNDS = {
  async receiveInto(count) {
    for (let i = 0; i < count; i++) {
      await socket.receiveInto(buffer);
      await socket.sendTo(ECHO, peer);
    }
  },
  async receive(count) {
    for (let i = 0; i < count; i++) {
      await socket.receive();
      await socket.sendTo(ECHO, peer);
    }
  },
  async receiveBatch(count) {
    while (count > 0) {
      const batch = await socket.receiveBatch(Math.min(WINDOW, count));
      count -= batch.length;
      await socket.sendMany(batch.map(() => ({ data: ECHO, address: peer })));
    }
  },
  async connected(count) {
    for (let i = 0; i < count; i++) {
      await socket.receiveInto(buffer);
      await socket.send(ECHO);
    }
  },
};

/** Keeps so many under way. */
async function bounce(count, window) {
  const send = way === "connected"
    ? () => socket.send(ECHO)
    : () => socket.sendTo(ECHO, peer);
  for (let i = 0; i < window; i++) await send();
  await ROUNDS[way](count - window);
  for (let i = 0; i < window; i++) await socket.receiveInto(buffer);
}

await measure(task, {
  out: (count) => SEND[way](count),
  "in": () => pumpTwice(task, pump),
  "in-paced": () => pumpTwice(task, pump),
  "ping-pong": (count) => bounce(count, 1),
  window: (count) => bounce(count, WINDOW),
});
socket.close();
