// This library; the fifth argument chooses a way where there are several, the sixth
// a backend.
import { connectTls, listenTls } from "../../tls/mod.ts";
import { ourWorks } from "../_our_works.js";
import { connectOrder, measure, parse, repeat } from "./work.js";

const task = parse(Deno.args);
const { cert, key } = task;
const way = Deno.args[4];
const backend = Deno.args[5] || undefined;

function connect() {
  return connectTls({
    hostname: "127.0.0.1",
    port: task.port,
    caCerts: [cert],
    backend,
  });
}

async function open(wish) {
  const conn = await connect();
  await conn.writeAll(wish);
  return conn;
}

await measure(task, {
  ...ourWorks(open, way),
  connect: (count) => repeat(count, async () => (await connect()).close()),
  async accept(count) {
    const where = { hostname: "127.0.0.1", port: 0, backend };
    using listener = await listenTls({ ...where, cert, key });
    using control = await connect();
    await control.writeAll(connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) (await listener.accept()).close();
    })();
    await control.readExact(1);
    await accepting;
  },
});
