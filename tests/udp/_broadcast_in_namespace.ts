/** Broadcast over a link; run by namespace_test.ts in a namespace of its own. */
import { assertEquals, assertRejects } from "@std/assert";
import { bindUdp } from "@berkeley/sockets/udp";
import { SocketError } from "@berkeley/sockets/errors";
import { BACKENDS, bytes, text } from "./_each_transport.ts";
import { makeLinks } from "./_links.ts";

const { left } = makeLinks();
const SOON = { timeout: 20_000 };

/** All hosts of the link's network, and all hosts of the link. */
const ADDRESSES = ["198.51.100.127", "255.255.255.255"];

for (const backend of BACKENDS) {
  const here = { hostname: left.near.v4, backend };

  for (const hostname of ADDRESSES) {
    Deno.test(`${hostname} is heard by all who are bound to any address, over ${backend}`, async () => {
      using sender = await bindUdp({ ...here, broadcast: true });
      using first = await bindUdp({
        hostname: "0.0.0.0",
        backend,
        reuseAddress: true,
      });
      const { port } = first.localAddr;
      using second = await bindUdp({
        hostname: "0.0.0.0",
        backend,
        port,
        reuseAddress: true,
      });
      await sender.sendTo(bytes("to all"), { hostname, port });
      for (const receiver of [first, second]) {
        const { data, address } = await receiver.receive(SOON);
        assertEquals([text(data), address], ["to all", sender.localAddr]);
      }
    });

    Deno.test(`${hostname} is refused with EACCES unless it is asked for, over ${backend}`, async () => {
      using receiver = await bindUdp({ hostname: "0.0.0.0", backend });
      using sender = await bindUdp(here);
      const { port } = receiver.localAddr;
      const send = (data: string) =>
        sender.sendTo(bytes(data), { hostname, port });
      if (backend === "deno" && hostname !== "255.255.255.255") {
        await send("the runtime has set SO_BROADCAST");
        await receiver.receive(SOON);
        return;
      }
      const error = await assertRejects(
        () => send("unasked"),
        SocketError,
        "broadcast: true",
      );
      assertEquals(error.code, "EACCES");
      sender.setBroadcast(true);
      await send("asked");
      assertEquals(text((await receiver.receive(SOON)).data), "asked");
      sender.setBroadcast(false);
      await assertRejects(() => send("again"), SocketError, "broadcast: true");
    });
  }
}
