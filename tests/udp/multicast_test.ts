import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bindUdp } from "@berkeley/sockets/udp";
import {
  AddressNotAvailableError,
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { HAS_LOOPBACK_NET } from "../_system.ts";
import { BACKENDS, bytes, permissionsFor, text } from "./_each_transport.ts";

const GROUP = "239.255.42.99";
const GROUP6 = "ff02::4242";
const SOURCE_GROUP = "232.42.42.42";
const SOON = { timeout: 20_000 };
const NEVER = { timeout: 50 };

for (const backend of BACKENDS) {
  Deno.test({
    name: `a member of an IPv4 group hears it until it leaves, over ${backend}`,
    permissions: permissionsFor(backend),
    async fn() {
      using member = await bindUdp({ hostname: "0.0.0.0", backend });
      using sender = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
      sender.setMulticastInterface("127.0.0.1");
      sender.setMulticastTtl(1);
      const to = { hostname: GROUP, port: member.localAddr.port };
      await member.joinMulticast(GROUP, { interface: "127.0.0.1" });
      await sender.sendTo(bytes("to all"), to);
      assertEquals(text((await member.receive(SOON)).data), "to all");
      await member.leaveMulticast(GROUP, { interface: "127.0.0.1" });
      await sender.sendTo(bytes("gone"), to);
      await assertRejects(() => member.receive(NEVER), TimedOutError);
      await assertRejects(
        () => member.leaveMulticast(GROUP, { interface: "127.0.0.1" }),
        SocketError,
      );
    },
  });

  Deno.test({
    name: `a source-specific member hears its source alone, over ${backend}`,
    ignore: !HAS_LOOPBACK_NET && backend !== "deno",
    permissions: permissionsFor(backend),
    async fn() {
      using member = await bindUdp({ hostname: "0.0.0.0", backend });
      const options = { interface: "127.0.0.1", source: "127.0.0.1" };
      if (backend === "deno") {
        await assertRejects(
          () => member.joinMulticast(SOURCE_GROUP, options),
          NotSupportedError,
          'backend: "node"',
        );
        return;
      }
      await member.joinMulticast(SOURCE_GROUP, options);
      using wanted = await bindUdp({ hostname: "127.0.0.1", backend: "node" });
      using other = await bindUdp({ hostname: "127.0.0.2", backend: "node" });
      for (const sender of [other, wanted]) {
        sender.setMulticastInterface("127.0.0.1");
        await sender.sendTo(bytes(sender === wanted ? "wanted" : "other"), {
          hostname: SOURCE_GROUP,
          port: member.localAddr.port,
        });
      }
      assertEquals(text((await member.receive(SOON)).data), "wanted");
      await member.leaveMulticast(SOURCE_GROUP, options);
    },
  });

  const [ready, other] = backend === "deno" ? [1, "lo"] : ["lo", 1];
  const how = backend === "deno" ? "the index" : "the name";

  Deno.test({
    name:
      `over IPv6 ${how} of an interface needs no permission, over ${backend}`,
    permissions: permissionsFor(backend),
    ignore: Deno.build.os !== "linux",
    async fn() {
      using member = await bindUdp({ hostname: "::", backend });
      await member.joinMulticast(GROUP6, { interface: ready });
      await member.leaveMulticast(GROUP6, { interface: ready });
      if (backend === "posix") {
        await member.joinMulticast(GROUP6, { interface: other });
        return;
      }
      await assertRejects(
        () => member.joinMulticast(GROUP6, { interface: other }),
        NotSupportedError,
        "--allow-sys",
      );
    },
  });

  Deno.test({
    name: `with --allow-sys it may be either, over ${backend}`,
    permissions: permissionsFor(backend, { sys: ["networkInterfaces"] }),
    ignore: Deno.build.os !== "linux",
    async fn() {
      using member = await bindUdp({ hostname: "::", backend });
      for (const via of [1, "lo"]) {
        await member.joinMulticast(GROUP6, { interface: via });
        await member.leaveMulticast(GROUP6, { interface: via });
      }
      await assertRejects(
        () => member.leaveMulticast(GROUP6, { interface: 1 }),
        AddressNotAvailableError,
      );
    },
  });

  Deno.test({
    name: `bad input to multicast is refused, over ${backend}`,
    permissions: permissionsFor(backend),
    async fn() {
      using four = await bindUdp({ hostname: "0.0.0.0", backend });
      using six = await bindUdp({ hostname: "::", backend });
      for (
        const [socket, group, options] of [
          [four, GROUP6, {}],
          [six, GROUP, {}],
          [four, "127.0.0.1", {}],
          [four, GROUP, { interface: "lo" }],
          [four, GROUP, { interface: 1 }],
          [four, GROUP, { interface: "::1" }],
          [six, `::ffff:${GROUP}`, {}],
          [six, GROUP6, { interface: -1 }],
          [six, GROUP6, { interface: 1.5 }],
          [six, GROUP6, { interface: "" }],
          [six, GROUP6, { interface: "::1" }],
          [four, SOURCE_GROUP, { source: "x" }],
          [four, SOURCE_GROUP, { source: "::1" }],
        ] as const
      ) {
        await assertRejects(
          () => socket.joinMulticast(group, options),
          TypeError,
        );
      }
      assertThrows(() => four.setMulticastInterface("lo"), TypeError);
      assertThrows(() => six.setMulticastInterface(-1), TypeError);
    },
  });
}
