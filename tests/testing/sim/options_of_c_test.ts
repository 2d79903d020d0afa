/** Sockets of a simulated host have no options of C, also for programs with FFI. */
import { assertEquals, assertRejects } from "@std/assert";
import { NotSupportedError } from "@berkeley/sockets/errors";
import { HAS_POSIX } from "../../_posix.ts";
import { onSimulatedHost } from "../../_simulated.ts";

Deno.test({
  name: "options of C are refused for simulated sockets, which stay open",
  permissions: { ffi: HAS_POSIX },
  fn: () =>
    onSimulatedHost(async (host) => {
      using listener = await host.listenTcp({ port: 0 });
      using client = await host.connectTcp(listener.addr);
      using server = await listener.accept();
      using socket = await host.bindUdp();
      for (const owner of [listener, client, server, socket]) {
        for (
          const call of [
            () => owner.setOption("SO_RCVBUF", 65_536),
            () => owner.getOption("SO_RCVBUF"),
          ]
        ) {
          const error = await assertRejects(call, NotSupportedError);
          assertEquals(error.message.includes("simulated"), true);
        }
      }
      await client.send("still open\n");
      assertEquals(await server.readLine(), "still open");
    }),
});

Deno.test({
  name: "socketOptions are refused by a simulated host, and leave nothing open",
  permissions: { ffi: HAS_POSIX },
  fn: () =>
    onSimulatedHost(async (host) => {
      const socketOptions = { SO_RCVBUF: 65_536 };
      const at = { hostname: "127.0.0.1", port: 80 };
      using listener = await host.listenTcp(at);
      for (
        const open of [
          () => host.connectTcp({ ...at, socketOptions }),
          () => host.listenTcp({ ...at, port: 81, socketOptions }),
          () => host.serveTcp({ ...at, port: 81, socketOptions }, () => {}),
          () => host.bindUdp({ ...at, socketOptions }),
          () => host.connectUdp({ ...at, localPort: 80, socketOptions }),
        ]
      ) await assertRejects(open, NotSupportedError, "simulated");
      using server = await listener.accept();
      assertEquals(await server.read(new Uint8Array(1)), null);
      using _free = await host.listenTcp({ ...at, port: 81 });
      using _bound = await host.bindUdp(at);
    }),
});
