// This library; the fourth argument chooses a way where there are several.
import { connectTcp, listenTcp } from "../../tcp/mod.ts";
import { ourWorks } from "../_our_works.js";
import { connectOrder, measure, memoryFor, parse } from "./work.js";

const task = parse(Deno.args);
const way = Deno.args[3];
const backend = Deno.args[4];

async function open(wish) {
  const conn = await connectTcp({
    hostname: "127.0.0.1",
    port: task.port,
    backend,
  });
  await conn.write(new TextEncoder().encode(wish));
  return conn;
}

const works = ourWorks(open, way);

await measure(task, {
  ...works,
  "ping-pong-64": (count) =>
    Promise.all(
      Array.from({ length: 64 }, () => works["ping-pong"](count / 64)),
    ).then(() => count),
  async accept(count) {
    using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
    using control = await connectTcp({
      hostname: "127.0.0.1",
      port: task.port,
    });
    await control.writeAll(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.readExact(1);
    await accepting;
  },
  memory: (count) =>
    memoryFor(count, () => Deno.memoryUsage().rss, async () => {
      const conn = await open("e");
      conn.readLine().catch(() => {});
      return conn;
    }),
});
