import { assertEquals, assertRejects } from "@std/assert";
import { NotSupportedError } from "@berkeley/sockets/errors";
import { IS_DENO } from "../_runtime.ts";
import { listenTcp } from "@berkeley/sockets/tcp";

for (const backend of IS_DENO ? ["deno", "node"] as const : []) {
  Deno.test({
    name: `ipv6Only is refused where it would not hold, over ${backend}`,
    permissions: { net: true },
    fn: async () => {
      for (const hostname of ["::", "0:0::0", "[::]"]) {
        await assertRejects(
          () => listenTcp({ hostname, port: 0, ipv6Only: true, backend }),
          NotSupportedError,
        );
      }
      for (const hostname of ["::1", "127.0.0.1"]) {
        using listener = await listenTcp({
          hostname,
          port: 0,
          ipv6Only: true,
          backend,
        });
        assertEquals(listener.addr.hostname, hostname);
      }
    },
  });
}

Deno.test({
  name: "ipv6Only leaves the port of IPv4 to others in Node and Bun",
  ignore: IS_DENO,
  async fn() {
    using six = await listenTcp({ hostname: "::", port: 0, ipv6Only: true });
    const { port } = six.addr;
    using four = await listenTcp({ hostname: "0.0.0.0", port });
    assertEquals(four.addr.port, port);
  },
});
