/** Run by reader_memory_test.ts: prints what an idle connection holds, in bytes. */
import {
  connectTcp,
  listenTcp,
  type TcpBackend,
  type TcpConn,
} from "@berkeley/sockets/tcp";

const backend = Deno.args[0] as TcpBackend;
const COUNT = 40;
const BURST = new Uint8Array(600_000);
const { gc } = globalThis as unknown as { gc: () => void };

/** The memory of buffers in use. */
async function external(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  return Deno.memoryUsage().external;
}

using listener = await listenTcp({ hostname: "127.0.0.1", port: 0, backend });
const clients: TcpConn[] = [];
const servers: TcpConn[] = [];
for (let i = 0; i < COUNT; i++) {
  clients.push(await connectTcp({ ...listener.addr, backend }));
  servers.push(await listener.accept());
}
const before = await external();
for (const [i, server] of servers.entries()) {
  const client = clients[i]!;
  const sending = server.writeAll(BURST);
  const piece = new Uint8Array(1000);
  for (let left = BURST.length; left > 0;) {
    left -= await client.read(piece) ?? 0;
  }
  await sending;
  client.readLine().catch(() => {}); // it waits for more
}
console.log(((await external()) - before) / COUNT);
for (const conn of [...clients, ...servers]) conn.close();
