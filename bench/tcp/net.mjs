// node:net, in whichever runtime has it: Deno, Node, Bun.
import net from "node:net";
import process from "node:process";
import { acceptMany, nodeWorks, whenOpen } from "../_node_works.mjs";
import { connectOrder, measure, memoryFor, parse } from "./work.js";

const task = parse(process.argv.slice(2));

const open = (wish) =>
  whenOpen(net.connect(task.port, "127.0.0.1"), "connect", wish);
const works = nodeWorks(open);

await measure(task, {
  ...works,
  "ping-pong-64": (count) =>
    Promise.all(
      Array.from(
        { length: 64 },
        () => works["ping-pong"](Math.floor(count / 64)),
      ),
    ).then(() => count),
  accept: (count) =>
    acceptMany(
      net.createServer((socket) => socket.end()),
      open,
      (port) => connectOrder(port, count),
    ),
  memory: (count) =>
    memoryFor(count, () => process.memoryUsage().rss, async () => {
      const socket = await open("e");
      socket.on("data", () => {});
      return { close: () => socket.destroy() };
    }),
});
process.exit(); // whatever a server or a timer still holds on to
