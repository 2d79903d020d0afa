import { assertEquals } from "@std/assert";
import type { TcpConn } from "@berkeley/sockets/tcp";
import type { LinkOptions } from "../../../testing/link_options.ts";
import { Random } from "../../../testing/_random.ts";
import { onTcpNet, sleep } from "./_tcp_net.ts";

/** Links, from good to bad. */
const LINKS: readonly LinkOptions[] = [
  {},
  { loss: 0.3 },
  { jitter: 5, reorder: 0.3 },
  { duplicate: 0.3 },
  { bandwidth: 50_000, queue: 5_000 },
  { latency: 100, mtu: 100 },
  { loss: 0.1, duplicate: 0.1, reorder: 0.1, jitter: 2 },
];

/** Sends random pieces, and ends. */
async function sendAll(conn: TcpConn, bytes: Uint8Array, random: Random) {
  for (let at = 0; at < bytes.length;) {
    const end = at + random.integer(1, random.pick([10, 2000, 40_000]));
    await conn.send(bytes.subarray(at, end));
    at = end;
    if (random.next() < 0.05) await sleep(random.integer(1, 500));
  }
  await conn.closeWrite();
}

/** Reads up to the end, with pauses. */
async function readAll(conn: TcpConn, size: number, random: Random) {
  const all = new Uint8Array(size + 1);
  let filled = 0;
  for (;;) {
    const most = random.integer(1, random.pick([10, 2000, 40_000]));
    const count = await conn.read(all.subarray(filled, filled + most));
    if (count === null) return all.subarray(0, filled);
    filled += count;
    if (random.next() < 0.05) await sleep(random.integer(1, 500));
  }
}

for (const [index, link] of LINKS.entries()) {
  const name = JSON.stringify(link);
  Deno.test(`TcpStack delivers each byte once over a link with ${name}`, async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = new Random(seed * 100 + index);
      const options = {
        seed,
        receiveBuffer: random.pick([500, 4096, 131_072]),
        sendBuffer: random.pick([500, 4096, 131_072]),
      };
      await onTcpNet(options, async (net) => {
        const { a, b, client, server } = await net.pair();
        net.link(a, b, link);
        const there = random.bytes(random.integer(0, 60_000));
        const back = random.bytes(random.integer(0, 60_000));
        const [, , atServer, atClient] = await Promise.all([
          sendAll(client, there, random.fork("client sends")),
          sendAll(server, back, random.fork("server sends")),
          readAll(server, there.length, random.fork("server reads")),
          readAll(client, back.length, random.fork("client reads")),
        ]);
        assertEquals(atServer, there, `seed ${seed}`);
        assertEquals(atClient, back, `seed ${seed}`);
        client.close();
        server.close();
      });
    }
  });
}
