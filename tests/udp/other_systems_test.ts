/** What the runtime does differently on other systems, simulated on any. */
import { assertEquals, assertRejects } from "@std/assert";
import { NotSupportedError, SocketError } from "@berkeley/sockets/errors";
import { type UdpBackend, UdpSocket } from "@berkeley/sockets/udp";
import { chooseBackend } from "../../udp/_backend.ts";
import { UdpCore } from "../../udp/_core.ts";
import { bindDeno } from "../../udp/_deno_transport.ts";
import { bindNode } from "../../udp/_node_transport.ts";
import type { Os } from "../../udp/_systems.ts";
import { eachFamily } from "../_each_family.ts";
import { HAS_DUAL_STACK, HAS_LARGE_DATAGRAMS } from "../_system.ts";
import { BACKENDS, bytes, text } from "./_each_transport.ts";
import { onSystem } from "./_systems.ts";

const SOON = { timeout: 20_000 };
const SYSTEMS: readonly Os[] = ["linux", "darwin", "windows"];
const OURS = BACKENDS.filter((backend) => backend !== "posix");

const TARGET = {
  port: 0,
  reuseAddress: false,
  maxQueuedDatagrams: 100,
  maxQueuedBytes: 1 << 24,
  dropPolicy: "newest",
} as const;

/** The largest datagram that this system sends, as far as needed here. */
const LARGEST = HAS_LARGE_DATAGRAMS ? 65_507 : 9216;

async function bindOn(
  os: Os,
  backend: UdpBackend,
  hostname: string,
  maxDatagramSize = 9216,
): Promise<UdpSocket> {
  const target = { ...TARGET, hostname, maxDatagramSize };
  const bind = backend === "node" ? bindNode : bindDeno;
  const transport = await bind(target, os);
  return new UdpSocket(new UdpCore(transport));
}

for (const os of SYSTEMS) {
  for (const backend of OURS) {
    eachFamily(
      `receive() takes maxDatagramSize bytes, and marks what is cut, over ${backend} of ${os}`,
      ({ loopback }) =>
        onSystem(os, async () => {
          for (const most of [1, 1000, 9216, 65_000]) {
            using socket = await bindOn(os, backend, loopback, most);
            using sender = await bindOn(os, backend, loopback);
            const sizes = [most - 1, most, most + 1, most * 2, most * 3, most]
              .filter((size) => size <= LARGEST);
            for (const size of sizes) {
              await sender.sendTo(
                new Uint8Array(size).fill(7),
                socket.localAddr,
              );
              const { data, address, truncated } = await socket.receive(SOON);
              assertEquals(
                [data.length, truncated],
                [Math.min(size, most), size > most],
              );
              assertEquals(address, sender.localAddr);
              assertEquals(data.every((byte) => byte === 7), true);
            }
          }
        }),
    );
  }
}

/** What Windows reports of an earlier send, as Deno 2.9.6 has it. */
const PASSING: readonly (() => Error)[] = [
  () =>
    Object.assign(
      new Deno.errors.ConnectionReset(
        "An existing connection was forcibly closed by the remote host. (os error 10054)",
      ),
      { code: "ECONNRESET" },
    ),
  () =>
    new Error(
      "The connection has been broken due to keep-alive activity detecting a failure while the operation was in progress. (os error 10052)",
    ),
];

for (const backend of OURS) {
  eachFamily(
    `for await goes on when an earlier send met an ICMP error, over ${backend} of windows`,
    ({ loopback }) =>
      onSystem("windows", async (faults) => {
        using socket = await bindOn("windows", backend, loopback);
        using sender = await bindOn("windows", backend, loopback);
        const got: string[] = [];
        const fail = async (): Promise<void> => {
          for (let i = 0; i < 100; i++) {
            if (backend === "node") faults.failNode();
            else faults.failDeno(PASSING[i % 2]!);
            await undefined;
          }
          await new Promise((resolve) => setTimeout(resolve));
        };
        const receiving = (async () => {
          for await (const { data } of socket) {
            got.push(text(data));
            if (got.length === 3) break;
          }
        })();
        for (const word of ["one", "two", "three"]) {
          await fail();
          await sender.sendTo(bytes(word), socket.localAddr);
        }
        await receiving;
        await fail();
        await sender.sendTo(bytes("four"), socket.localAddr);
        assertEquals(text((await socket.receive(SOON)).data), "four");
        assertEquals(got, ["one", "two", "three"]);
      }),
  );
}

eachFamily(
  "a socket on :: hears and reaches both families, over node of each system",
  async ({ loopback }) => {
    for (const os of HAS_DUAL_STACK ? SYSTEMS : ["windows"] as const) {
      await onSystem(os, async () => {
        await using socket = await bindOn(os, "node", "::");
        await using peer = await bindOn(os, "node", loopback);
        const { port } = socket.localAddr;
        assertEquals(socket.localAddr.hostname, "::");
        await peer.sendTo(bytes("ping"), { hostname: loopback, port });
        const { data, address } = await socket.receive(SOON);
        assertEquals([text(data), address], ["ping", peer.localAddr]);
        await socket.sendTo(bytes("pong"), address);
        const answer = await peer.receive(SOON);
        assertEquals(text(answer.data), "pong");
        assertEquals(answer.address, { ...address, hostname: loopback, port });

        await using connected = await socket.connect(peer.localAddr);
        assertEquals(connected.remoteAddr, peer.localAddr);
        connected.setMulticastLoopback(true);
        connected.setBroadcast(true);
        await connected.send(bytes("again"));
        await peer.receive(SOON);
        await peer.sendTo(bytes("yes"), { hostname: loopback, port });
        assertEquals(text((await connected.receive(SOON)).data), "yes");
      });
    }
  },
);

Deno.test("a socket on :: has a port that is free for both families, over node of windows", async () => {
  await using four = await bindOn("linux", "node", "0.0.0.0");
  const { port } = four.localAddr;
  const target = { ...TARGET, hostname: "::", maxDatagramSize: 100 };
  const error = await assertRejects(() =>
    bindNode({ ...target, port }, "windows")
  ) as { code?: string };
  assertEquals(error.code, "EADDRINUSE");
  await four[Symbol.asyncDispose]();
  const both = await bindNode({ ...target, port }, "windows");
  assertEquals(both.localAddr.port, port);
  await both.close();
  for (const hostname of ["0.0.0.0", "::"]) { // both are closed
    await using again = await bindOn("windows", "node", hostname);
    assertEquals(again.localAddr.hostname, hostname);
  }
});

Deno.test({
  name:
    'backend "deno" of windows says that it lacks sockets for both families',
  permissions: { net: true },
  ignore: !OURS.includes("deno"),
  async fn() {
    const both = { hostname: "::", backend: "deno" } as const;
    await assertRejects(
      () => chooseBackend(both, "windows"),
      NotSupportedError,
      'backend: "node"',
    );
    for (
      const [request, os, expected] of [
        [both, "linux", "deno"],
        [{ ...both, isOneFamily: true }, "windows", "deno"],
        [{ ...both, hostname: "::1" }, "windows", "deno"],
        [{ hostname: "::" }, "windows", "node"],
        [{ hostname: "0.0.0.0" }, "windows", "deno"],
      ] as const
    ) assertEquals(await chooseBackend(request, os), expected);
  },
});

for (const backend of OURS) {
  eachFamily(
    `other failures of a receive reject it, over ${backend}`,
    ({ loopback }) =>
      onSystem("linux", async (faults) => {
        using socket = await bindOn("linux", backend, loopback);
        const receiving = socket.receive(SOON);
        await new Promise((resolve) => setTimeout(resolve));
        if (backend === "node") faults.failNode();
        else faults.failDeno(() => new Error("Network is down (os error 100)"));
        const error = await assertRejects(() => receiving, SocketError);
        assertEquals(error.syscall, "recvfrom");
      }),
  );
}
