// node:tls, in whichever runtime has it: Deno, Node, Bun.
import tls from "node:tls";
import process from "node:process";
import { acceptMany, nodeWorks, whenOpen } from "../_node_works.mjs";
import { connectOrder, measure, parse, repeat } from "./work.js";

const task = parse(process.argv.slice(2));
const { cert, key } = task;
const context = tls.createSecureContext({ ca: cert });

function open(wish) {
  const socket = tls.connect({
    host: "127.0.0.1",
    port: task.port,
    ca: cert,
    secureContext: context,
  });
  return whenOpen(socket, "secureConnect", wish);
}

await measure(task, {
  ...nodeWorks(open),
  connect: (count) => repeat(count, async () => (await open()).destroy()),
  accept(count) {
    const server = tls.createServer({ cert, key }, (socket) => {
      socket.on("error", () => {});
      socket.end();
    });
    return acceptMany(server, open, (port) => connectOrder(port, count));
  },
});
process.exit(); // whatever a server or a timer still holds on to
