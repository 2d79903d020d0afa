import { assertEquals, assertRejects } from "@std/assert";
import { NotSupportedError } from "@berkeley/sockets/errors";
import { BACKENDS } from "../_each_stream.ts";
import { listenTcp } from "@berkeley/sockets/tcp";

for (const backend of BACKENDS.filter((backend) => backend !== "posix")) {
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
