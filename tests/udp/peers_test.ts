/** Talking to programs of other hands. */
import { assertEquals } from "@std/assert";
import { connectUdp } from "@berkeley/sockets/udp";
import { hasProgram } from "../_programs.ts";
import { BACKENDS, bytes, text } from "./_each_transport.ts";

for (const backend of BACKENDS) {
  Deno.test({
    name: `socat echoes datagrams, over ${backend}`,
    ignore: !hasProgram("socat"),
    async fn() {
      const reserved = await connectUdp({ port: 9, backend });
      const { port } = reserved.localAddr;
      await reserved[Symbol.asyncDispose]();
      const child = new Deno.Command("socat", {
        args: [`UDP4-LISTEN:${port},bind=127.0.0.1`, "EXEC:cat"],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        using socket = await connectUdp({ port, backend });
        const { data } = await socket.exchange(bytes("through socat"), {
          timeout: 50,
          attempts: 100,
          backoff: 1,
        });
        assertEquals(text(data), "through socat");
      } finally {
        try {
          child.kill("SIGTERM");
        } catch {
          // it has ended already
        }
        await child.status;
      }
    },
  });
}
