// The raw API of Deno: a read or a write for each piece, as one would write it.
import { rawWorks } from "../_raw_works.js";
import { connectOrder, measure, memoryFor, parse } from "./work.js";

const task = parse(Deno.args);

async function open(wish) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: task.port });
  conn.setNoDelay(true);
  await conn.write(new TextEncoder().encode(wish));
  return conn;
}

const works = rawWorks(open);
/** What would take a minute: the rate is that of a part. */
const part = (work) => (count) => work(Math.floor(count / 40));

await measure(task, {
  ...works,
  "ping-pong-64": (count) =>
    Promise.all(
      Array.from({ length: 64 }, () => works["ping-pong"](count / 64)),
    ).then(() => count),
  "frames-in": part(works["frames-in"]),
  "frames-out": part(works["frames-out"]),
  async accept(count) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const control = await Deno.connect({
      hostname: "127.0.0.1",
      port: task.port,
    });
    await control.write(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.read(new Uint8Array(1));
    await accepting;
    listener.close();
    control.close();
  },
  memory: (count) =>
    memoryFor(count, () => Deno.memoryUsage().rss, async () => {
      const conn = await open("e");
      conn.read(new Uint8Array(4096)).catch(() => {});
      return conn;
    }),
});
