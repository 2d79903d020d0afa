/**
 * UDP over bad links, multicast and broadcast between hosts: what needs a network
 * namespace or luck with real sockets.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PermissionDeniedError, SocketError } from "@berkeley/sockets/errors";
import {
  explore,
  type Host,
  type LinkOptions,
  type Network,
} from "@berkeley/sockets/testing";
import type { UdpEndpoint, UdpSocket } from "@berkeley/sockets/udp";
import { test } from "./_twins.ts";

/** Receives until nothing has come for a second; the texts. */
async function texts(socket: UdpEndpoint): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    try {
      const { data } = await socket.receive({ timeout: 1000 });
      all.push(new TextDecoder().decode(data));
    } catch (error) {
      assert(error instanceof SocketError && error.code === "ETIMEDOUT");
      return all;
    }
  }
}

/** Sends numbers over a link, and returns those that arrive. */
async function numbersOver(
  network: Network,
  link: LinkOptions,
  count = 200,
): Promise<number[]> {
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, link);
  using receiver = await b.bindUdp({ hostname: b.addresses[0]! });
  using sender = await a.connectUdp(receiver.localAddr);
  for (let i = 0; i < count; i++) await sender.send(`${i}`);
  return (await texts(receiver)).map(Number);
}

function inOrder(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

test("a link without faults delivers all datagrams in order", async (network) => {
  const got = await numbersOver(network, { jitter: 50 });
  assertEquals(got, Array.from({ length: 200 }, (_, i) => i));
});

test("loss loses some datagrams, and keeps the order of the others", async (network) => {
  const got = await numbersOver(network, { loss: 0.2 });
  assert(got.length > 120 && got.length < 190, `${got.length}`);
  assertEquals(got, inOrder([...new Set(got)]));
  assertEquals(network.faults.length, 200 - got.length);
});

test("duplicate doubles some datagrams, and loses none", async (network) => {
  const got = await numbersOver(network, { duplicate: 0.2 });
  assert(got.length > 210 && got.length < 280, `${got.length}`);
  assertEquals(new Set(got).size, 200);
});

test("reorder lets some datagrams be overtaken, and loses none", async (network) => {
  const got = await numbersOver(network, { reorder: 0.2 });
  assertEquals(inOrder(got), Array.from({ length: 200 }, (_, i) => i));
  const late = got.filter((n, i) => got.slice(0, i).some((m) => m > n));
  assert(late.length > 10 && late.length < 80, `${late.length}`);
});

test("a datagram of many fragments is lost more often than a small one", async (network) => {
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, { loss: 0.05, mtu: 1500 });
  using receiver = await b.bindUdp({
    hostname: b.addresses[0]!,
    maxDatagramSize: 65_535,
  });
  using sender = await a.connectUdp(receiver.localAddr);
  const arrived = async (size: number) => {
    let count = 0;
    for (let i = 0; i < 100; i++) {
      await sender.send(new Uint8Array(size));
      await receiver.receive({ timeout: 10 }).then(() => count++, () => {});
    }
    return count;
  };
  const [small, large] = [await arrived(100), await arrived(60_000)];
  assert(small > 80, `${small}`); // 95 % of them
  assert(large < 40, `${large}`); // 0.95^41, 12 %
});

test("a slow link with a short queue loses what does not fit in", async (network) => {
  const got = await numbersOver(network, { bandwidth: 10_000, queue: 1000 });
  assert(got.length > 20 && got.length < 100, `${got.length}`);
  assertEquals(got[0], 0);
});

test("datagrams of a partition are lost, and of a hold are late", async (network) => {
  const [a, b] = [network.host("a"), network.host("b")];
  using receiver = await b.bindUdp({ hostname: b.addresses[0]! });
  using sender = await a.connectUdp(receiver.localAddr);
  await sender.send("before");
  assertEquals(await texts(receiver), ["before"]);
  network.partition(a, b);
  await sender.send("lost");
  assertEquals(await texts(receiver), []);
  network.heal(a, b);
  network.hold(a, b);
  await sender.send("late");
  assertEquals(await texts(receiver), []);
  network.release(a, b);
  await sender.send("after");
  assertEquals(await texts(receiver), ["late", "after"]);
});

test("a lost report of a closed port is not heard", async (network) => {
  const [a, b] = [network.host("a"), network.host("b")];
  using client = await a.connectUdp({ hostname: b.addresses[0]!, port: 9 });
  network.partition(b, a, { oneWay: true });
  await client.send("x");
  await assertRejects(
    () => client.receive({ timeout: 1000 }),
    SocketError,
    "ETIMEDOUT",
  );
  network.heal(b, a);
  await client.send("x");
  await assertRejects(() => client.receive(), SocketError, "ECONNREFUSED");
});

test("a client hears ECONNREFUSED while its server restarts", async (network) => {
  const [a, b] = [network.host("a"), network.host("b")];
  b.start(async () => {
    using socket = await b.bindUdp({ port: 7 });
    for await (const { data, address } of socket) {
      await socket.sendTo(data, address);
    }
  });
  using client = await a.connectUdp({ hostname: "b", port: 7, family: 4 });
  const ask = async () => {
    await client.send("hello");
    return await texts(client);
  };
  assertEquals(await ask(), ["hello"]);
  b.crash();
  assertEquals(await ask(), []); // nobody answers at all
  b.restart();
  assertEquals(await ask(), ["hello"]);
  b.shutdown();
  await client.send("hello");
  await assertRejects(() => client.receive(), SocketError, "ECONNREFUSED");
});

/** Hosts in two subnets, each with a socket on a port. */
async function receivers(
  network: Network,
  hostname: string,
): Promise<{ sender: Host; sockets: Record<string, UdpSocket> }> {
  const sockets: Record<string, UdpSocket> = {};
  const addresses = {
    sender: ["192.168.1.1/24", "fd00::1"],
    near: ["192.168.1.2/24", "fd00::2"],
    far: ["192.168.2.3/24", "fd00::3"],
  };
  let sender: Host | undefined;
  for (const [name, own] of Object.entries(addresses)) {
    const host = network.host(name, { addresses: own });
    sender ??= host;
    sockets[name] = await host.bindUdp({ hostname, port: 67 });
  }
  return { sender: sender!, sockets };
}

async function allTexts(
  sockets: Record<string, UdpSocket>,
): Promise<Record<string, string>> {
  const all = Object.entries(sockets).map(async ([name, socket]) =>
    [name, (await texts(socket)).join()] as const
  );
  return Object.fromEntries(await Promise.all(all));
}

test("a broadcast reaches the hosts of the subnet, as in a namespace", async (network) => {
  const { sender, sockets } = await receivers(network, "0.0.0.0");
  using socket = await sender.bindUdp({ hostname: "192.168.1.1" });
  const to = { hostname: "192.168.1.255", port: 67 };
  await assertRejects(
    () => socket.sendTo("x", to),
    PermissionDeniedError,
    "broadcast: true",
  );
  socket.setBroadcast(true);
  await socket.sendTo("subnet", to);
  await socket.sendTo("all", { hostname: "255.255.255.255", port: 67 });
  const got = await allTexts(sockets);
  assertEquals([got.sender, got.near], ["subnet,all", "subnet,all"]);
  assertEquals(got.far?.includes("subnet"), false);
});

for (
  const { family, any, group } of [
    { family: 4, any: "0.0.0.0", group: "239.255.42.99" },
    { family: 6, any: "::", group: "ff02::4242" },
  ]
) {
  test(`an IPv${family} group reaches its members, as in a namespace`, async (network) => {
    const { sender, sockets } = await receivers(network, any);
    const { near, far } = sockets as Record<string, UdpSocket>;
    using socket = await sender.bindUdp({ hostname: any });
    const send = async (text: string) => {
      await socket.sendTo(text, { hostname: group, port: 67 });
      await new Promise((resolve) => setTimeout(resolve, 1)); // it arrives
    };
    await send("too early");
    await near!.joinMulticast(group);
    await send("near");
    await far!.joinMulticast(group);
    await send("both");
    await near!.leaveMulticast(group);
    await send("far");
    assertEquals(await allTexts(sockets), {
      sender: "",
      near: "near,both",
      far: "both,far",
    });
  });

  test(`a member of an IPv${family} group hears its source only`, async (network) => {
    const { sender, sockets } = await receivers(network, any);
    const { near, far } = sockets as Record<string, UdpSocket>;
    const source = sender.addresses[family === 4 ? 0 : 1]!;
    await near!.joinMulticast(group, { source });
    const to = { hostname: group, port: 67 };
    await far!.sendTo("stranger", to);
    await sockets.sender!.sendTo("source", to);
    assertEquals(await texts(near!), ["source"]);
  });
}

test("an announcement by multicast gets through loss when it is repeated", async (network) => {
  const speaker = network.host("speaker");
  const hosts = Array.from({ length: 20 }, (_, i) => network.host(`h${i}`));
  network.link(speaker, hosts, { loss: 0.5 });
  const hearing = hosts.map(async (host) => {
    using socket = await host.bindUdp({ port: 5353 });
    await socket.joinMulticast("224.0.0.251");
    return (await socket.receive({ timeout: 60_000 })).address.hostname;
  });
  speaker.start(async () => {
    using socket = await speaker.bindUdp();
    for (;;) {
      await socket.sendTo("here", { hostname: "224.0.0.251", port: 5353 });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  });
  const heard = await Promise.all(hearing);
  assertEquals(new Set(heard), new Set([speaker.addresses[0]]));
});

Deno.test({
  name:
    "a transfer with sequence numbers survives loss, doubles and reordering",
  permissions: "none",
  fn: () => {
    const link = { loss: 0.2, duplicate: 0.2, reorder: 0.3, jitter: 2 };
    return explore({ runs: 20, link }, async (network) => {
      const [a, b] = [network.host("a"), network.host("b")];
      const received: number[] = [];
      b.start(async () => {
        using socket = await b.bindUdp({ port: 7 });
        for await (const { data, address } of socket) {
          if (data[0] === received.length) received.push(data[0]!);
          await socket.sendTo(new Uint8Array([received.length]), address);
        }
      });
      using socket = await a.connectUdp({
        hostname: b.addresses[0]!,
        port: 7,
      });
      for (let next = 0; next < 20; next++) {
        await socket.exchange(new Uint8Array([next]), {
          ...{ timeout: 20, attempts: 100, backoff: 1 },
          match: ([count]) => count === next + 1,
        });
      }
      assertEquals(received, Array.from({ length: 20 }, (_, i) => i));
    });
  },
});
