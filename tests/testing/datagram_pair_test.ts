/** Two UDP sockets in memory behave as connected ones of a kernel. */
import { ClosedError, ConnectionRefusedError } from "@berkeley/sockets/errors";
import {
  datagramPair,
  type DatagramPairOptions,
} from "@berkeley/sockets/testing";
import type { ConnectedUdpSocket } from "@berkeley/sockets/udp";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Registers a test that may do nothing but compute. */
function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** The first bytes of so many datagrams. */
async function marks(
  socket: ConnectedUdpSocket,
  count: number,
): Promise<number[]> {
  const all: number[] = [];
  while (all.length < count) all.push((await socket.receive()).data[0]!);
  return all;
}

async function sendMarks(
  socket: ConnectedUdpSocket,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) await socket.send(new Uint8Array([i]));
}

test("datagramPair() carries datagrams in both directions", async () => {
  await using pair = datagramPair();
  const { client, server } = pair;
  const receiving = server.receive();
  assertEquals(await client.send("ping"), 4);
  const { data, address } = await receiving;
  assertEquals(new TextDecoder().decode(data), "ping");
  assertEquals(address, client.localAddr);
  assertEquals(server.remoteAddr, client.localAddr);
  assertEquals(client.remoteAddr, server.localAddr);
  await server.sendMany([new Uint8Array([0]), new Uint8Array([1])]);
  assertEquals(await marks(client, 2), [0, 1]);
  assertEquals([client.backend, client.kernelConnected], ["memory", true]);
  assertEquals([pair.toServer.sent, pair.toClient.sent], [1, 2]);
});

const SCRIPTS: readonly {
  name: string;
  faults: DatagramPairOptions["toServer"];
  arrives: number[];
}[] = [
  { name: "nothing", faults: {}, arrives: [0, 1, 2, 3] },
  { name: "drop", faults: { drop: [1, 2] }, arrives: [0, 3] },
  {
    name: "drop by a function",
    faults: { drop: (_, data) => data[0]! % 2 === 0 },
    arrives: [1, 3],
  },
  {
    name: "duplicate",
    faults: { duplicate: [0, 3] },
    arrives: [0, 0, 1, 2, 3, 3],
  },
  { name: "reorder", faults: { reorder: [0, 2] }, arrives: [1, 0, 3, 2] },
  {
    name: "reorder of neighbours",
    faults: { reorder: [0, 1] },
    arrives: [2, 0, 1, 3],
  },
  {
    name: "all of them",
    faults: { drop: [1], duplicate: [0], reorder: [0, 1] },
    arrives: [2, 0, 0, 3],
  },
];

for (const { name, faults, arrives } of SCRIPTS) {
  test(`datagramPair() follows a script: ${name}`, async () => {
    using pair = datagramPair({ toServer: faults });
    await sendMarks(pair.client, 4);
    assertEquals(await marks(pair.server, arrives.length), arrives);
    assertEquals(pair.toServer.sent, 4);
    await sendMarks(pair.server, 2); // the other direction has no faults
    assertEquals(await marks(pair.client, 2), [0, 1]);
  });
}

test("release() lets late datagrams arrive, and lost ones are counted", async () => {
  using pair = datagramPair({ toServer: { reorder: [2], drop: [0] } });
  await sendMarks(pair.client, 3);
  assertEquals(await marks(pair.server, 1), [1]);
  const late = pair.server.receive();
  pair.toServer.release();
  assertEquals((await late).data[0], 2);
  assertEquals(pair.toServer.lost, 1);
});

test("maxDatagramSize and the limits of the queue apply to both ends", async () => {
  using pair = datagramPair({ maxDatagramSize: 2, maxQueuedDatagrams: 3 });
  await pair.client.send(new Uint8Array(3));
  const { data, truncated } = await pair.server.receive();
  assertEquals([data.length, truncated], [2, true]);
  await sendMarks(pair.server, 5);
  assertEquals(await marks(pair.client, 3), [0, 1, 2]);
  assertEquals(pair.client.dropped, 2);
  using oldest = datagramPair({ maxQueuedBytes: 2, dropPolicy: "oldest" });
  await sendMarks(oldest.client, 5);
  assertEquals(await marks(oldest.server, 2), [3, 4]);
});

test("a closed end refuses, once for each datagram", async () => {
  using pair = datagramPair();
  const { client, server } = pair;
  server.close();
  await client.send("1");
  await assertRejects(
    () => client.send("2"),
    ConnectionRefusedError,
    "Cannot send to 192.0.2.2:7: connection refused (ECONNREFUSED)",
  );
  await client.send("3");
  await assertRejects(() => client.receive(), ConnectionRefusedError);
  const receiving = client.receive();
  await client.send("4");
  await assertRejects(() => receiving, ConnectionRefusedError);
});

test("disposing of the pair ends pending calls", async () => {
  const pair = datagramPair();
  const receiving = [pair.client.receive(), pair.server.receive()];
  pair[Symbol.dispose]();
  for (const each of receiving) await assertRejects(() => each, ClosedError);
});

test("what is sent to another address arrives nowhere", async () => {
  using pair = datagramPair();
  using socket = pair.client.disconnect();
  await socket.sendTo("x", { hostname: "192.0.2.9", port: 7 });
  await socket.sendTo("x", { hostname: "192.0.2.2", port: 8 });
  assertEquals(pair.toServer.sent, 0);
  await socket.sendTo("x", { hostname: "192.0.2.2", port: 7 });
  assertEquals((await pair.server.receive()).data.length, 1);
});

test("datagramPair() refuses options out of range", () => {
  const bad: DatagramPairOptions[] = [
    { maxDatagramSize: 0 },
    { maxQueuedDatagrams: 0 },
    { toServer: { drop: [-1] } },
    { toClient: { reorder: [0.5] } },
  ];
  for (const options of bad) {
    assertThrows(() => datagramPair(options), RangeError);
  }
  const drop = 3 as unknown as number[];
  assertThrows(
    () => datagramPair({ toServer: { drop } }),
    TypeError,
    "Cannot use drop 3: it must be an array of integers or a function",
  );
});

test("datagramPair() reads its options once", () => {
  const reads: string[] = [];
  const watch = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, key) {
        reads.push(String(key));
        return Reflect.get(target, key);
      },
    });
  const faults = () => watch({ drop: [], duplicate: [], reorder: [] });
  using _pair = datagramPair(
    watch({ maxDatagramSize: 10, toServer: faults() }),
  );
  using _other = datagramPair({ toClient: faults() });
  const once = ["maxDatagramSize", "toServer"];
  for (const key of once) {
    assertEquals(reads.filter((read) => read === key).length, 1, key);
  }
  for (const key of ["drop", "duplicate", "reorder"]) {
    assertEquals(reads.filter((read) => read === key).length, 2, key);
  }
});
