import { assert, assertEquals, assertRejects } from "@std/assert";
import { bindUdp } from "@berkeley/sockets/udp";
import {
  NotSupportedError,
  SocketError,
  TimedOutError,
} from "@berkeley/sockets/errors";
import { BACKENDS, bytes, text } from "./_each_transport.ts";

const GROUP = "239.255.42.99";
const SOURCE_GROUP = "232.42.42.42";
const SOON = { timeout: 20_000 };
const NEVER = { timeout: 50 };

for (const backend of BACKENDS) {
  Deno.test({
    name: `a member of an IPv4 group hears it until it leaves, over ${backend}`,
    permissions: { net: true },
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
    permissions: { net: true },
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
      await assertRejects(
        () => member.joinMulticast(SOURCE_GROUP, { source: "x" }),
        TypeError,
      );
    },
  });

  Deno.test({
    name: `an IPv6 socket joins and leaves by index, over ${backend}`,
    permissions: { net: true, sys: ["networkInterfaces"] },
    async fn() {
      const loopback = Deno.networkInterfaces().find(({ address }) =>
        address === "::1"
      );
      assert(loopback !== undefined);
      const index = (loopback as { scopeid?: number | null }).scopeid || 1;
      using member = await bindUdp({ hostname: "::", backend });
      await member.joinMulticast("ff02::4242", { interface: index });
      await member.leaveMulticast("ff02::4242", { interface: index });
      if (backend === "deno") {
        await assertRejects(
          () => member.joinMulticast("ff02::4242", { interface: "lo" }),
          NotSupportedError,
          'backend: "node"',
        );
      } else if (Deno.build.os === "linux") {
        await member.joinMulticast("ff02::4242", { interface: "lo" });
      }
      await assertRejects(() => member.joinMulticast(GROUP), TypeError, "IPv6");
    },
  });
}
