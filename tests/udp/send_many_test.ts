/** sendMany() sends what stands before a datagram that cannot be sent. */
import { assertEquals, assertRejects } from "@std/assert";
import { NotCapableError } from "@berkeley/sockets/errors";
import { bindUdp } from "@berkeley/sockets/udp";
import { FAMILIES } from "../_each_family.ts";
import { BACKENDS, bytes, permissionsFor, text } from "./_each_transport.ts";

for (const backend of BACKENDS) {
  for (const { name, loopback } of FAMILIES) {
    Deno.test({
      name:
        `sendMany() sends the datagrams before one that is refused, over ${backend} (${name})`,
      permissions: permissionsFor(backend, {
        net: loopback === "::1" ? ["[::1]"] : [loopback],
      }),
      async fn() {
        using sender = await bindUdp({ hostname: loopback, backend });
        using receiver = await bindUdp({ hostname: loopback, backend });
        const refused = {
          hostname: loopback === "::1" ? "::2" : "127.0.0.2",
          port: receiver.localAddr.port,
        };
        const datagrams = Array.from({ length: 7 }, (_, i) => ({
          data: bytes(String(i)),
          address: i === 3 ? refused : receiver.localAddr,
        }));
        await assertRejects(
          () => sender.sendMany(datagrams),
          NotCapableError,
          refused.hostname,
        );
        await sender.sendTo(bytes("end"), receiver.localAddr);
        const received: string[] = [];
        while (received.at(-1) !== "end") {
          const { data } = await receiver.receive({ timeout: 20_000 });
          received.push(text(data));
        }
        assertEquals(received, ["0", "1", "2", "end"]);
        assertEquals(sender.stats.sent, 4);
      },
    });
  }
}
