/** Run by pool_test.ts: ends although its pool holds a connection. */
import { connectTcp, pool, serveTcp } from "@berkeley/sockets";

const server = await serveTcp(
  { hostname: "127.0.0.1", port: 0 },
  async (conn) => {
    conn.unref();
    await conn.readLine();
  },
);
server.unref();
const conns = pool((wait) => connectTcp({ ...server.addr, ...wait }));
await conns.use((conn) => conn.send("hi\n"));
console.log(`${conns.stats.idle} idle`);
