// The raw TLS of Deno: a read or a write for each piece, as one would write it.
import { rawWorks, writeAll } from "../_raw_works.js";
import { connectOrder, measure, parse, repeat } from "./work.js";

const task = parse(Deno.args);
const { cert, key } = task;

function connect() {
  return Deno.connectTls({
    hostname: "127.0.0.1",
    port: task.port,
    caCerts: [cert],
  });
}

async function open(wish) {
  const conn = await connect();
  await writeAll(conn, new TextEncoder().encode(wish));
  return conn;
}

await measure(task, {
  ...rawWorks(open),
  connect: (count) =>
    repeat(count, async () => {
      const conn = await connect();
      await conn.handshake();
      conn.close();
    }),
  async accept(count) {
    const where = { hostname: "127.0.0.1", port: 0 };
    const listener = Deno.listenTls({ ...where, cert, key });
    const control = await connect();
    await writeAll(control, connectOrder(listener.addr.port, count));
    const accepting = (async () => {
      for (let i = 0; i < count; i++) {
        const conn = await listener.accept();
        conn.handshake().then(() => conn.close());
      }
    })();
    await control.read(new Uint8Array(1));
    await accepting;
    listener.close();
    control.close();
  },
});
