import { assert, assertEquals } from "@std/assert";
import type { TcpConn } from "@berkeley/sockets/tcp";
import type { LinkOptions } from "../../../testing/link_options.ts";
import { Random } from "../../../testing/_random.ts";
import {
  codeOf,
  onTcpNet,
  sleep,
  type TcpNet,
  type TcpPair,
} from "./_tcp_net.ts";

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
    for (let seed = 1; seed <= 40; seed++) {
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

/** Changes the links of a pair at random times, and heals them in the end. */
async function disturb(net: TcpNet, { a, b }: TcpPair, random: Random) {
  const links = [a.machine.linkTo(b.machine), b.machine.linkTo(a.machine)];
  for (let i = 0; i < 10; i++) {
    await sleep(random.next() * random.pick([1, 100, 10_000]));
    const link = random.pick(links);
    random.pick([
      () => link.cut(),
      () => link.heal(),
      () => link.hold(),
      () => link.release(),
      () =>
        net.link(a, b, {
          ...random.pick(LINKS),
          mtu: random.integer(100, 9000),
        }),
    ])();
  }
  for (const link of links) {
    link.heal();
    link.release();
  }
  net.link(a, b, {});
}

Deno.test("TcpStack delivers each byte once over links that fail and change", async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed);
    await onTcpNet({ seed }, async (net) => {
      const pair = await net.pair();
      const { client, server } = pair;
      const there = random.bytes(random.integer(0, 200_000));
      const back = random.bytes(random.integer(0, 200_000));
      const [, , , atServer, atClient] = await Promise.all([
        disturb(net, pair, random.fork("links")),
        sendAll(client, there, random.fork("client sends")),
        sendAll(server, back, random.fork("server sends")),
        readAll(server, there.length, random.fork("server reads")),
        readAll(client, back.length, random.fork("client reads")),
      ]);
      assertEquals(atServer, there, `seed ${seed}`);
      assertEquals(atClient, back, `seed ${seed}`);
    });
  }
});

Deno.test("TcpStack delivers the start of a stream that ends anyhow", async () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Random(seed);
    const options = { seed, link: { jitter: 1, loss: 0.1, reorder: 0.1 } };
    await onTcpNet(options, async (net) => {
      const { b, client, server } = await net.pair();
      server.setKeepAlive(true, 10_000); // an RST may be lost
      const bytes = random.bytes(random.integer(1, 200_000));
      const sending = sendAll(client, bytes, random.fork("client sends"));
      sending.catch(() => {});
      const end = random.pick([
        "close",
        "reset",
        "crash",
        "restart",
        "shutdown",
      ]);
      const ending = sleep(random.next() * random.pick([1, 1000])).then(() => {
        if (end === "close") client.close();
        else if (end === "reset") client.reset();
        else if (end === "crash") b.machine.crash();
        else if (end === "restart") b.restart();
        else b.machine.shutdown();
      });
      const received: Uint8Array[] = [];
      const reading = (async () => {
        const buffer = new Uint8Array(10_000);
        for (;;) {
          const count = await server.read(buffer);
          if (count === null) return;
          received.push(buffer.slice(0, count));
        }
      })();
      await ending;
      // A host that has ended does not learn of it; its peer does.
      const isAlive = end === "close" || end === "reset";
      if (isAlive) ends.add(`${end} ${await codeOf(reading)}`);
      else ends.add(`${end} ${await codeOf(sending)}`);
      const all = new Uint8Array(received.flatMap((part) => [...part]));
      assertEquals(all, bytes.slice(0, all.length), `seed ${seed}`);
    });
  }
  const possible = [
    ...["close none", "reset ECONNRESET", "reset none"],
    ...["crash ETIMEDOUT", "crash none"],
    ...["restart ECONNRESET", "restart ENOTCONN", "restart none"],
    ...["shutdown ECONNRESET", "shutdown ENOTCONN", "shutdown none"],
  ];
  assertEquals([...ends].filter((end) => !possible.includes(end)), []);
  assert(ends.has("crash ETIMEDOUT") && ends.has("restart ECONNRESET"));
});
