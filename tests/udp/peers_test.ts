/** Talking to programs of other hands. */
import { assertEquals } from "@std/assert";
import { bindUdp, connectUdp } from "@berkeley/sockets/udp";
import { FAMILIES } from "../_each_family.ts";
import { hasProgram } from "../_programs.ts";
import { BACKENDS, bytes, text } from "./_each_transport.ts";

const ignore = !hasProgram("socat");
const SOON = { timeout: 20_000 };

function startSocat(...args: string[]): Deno.ChildProcess & AsyncDisposable {
  const child = new Deno.Command("socat", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // it has ended already
      }
      await child.status;
      await Promise.all([child.stdin.abort(), child.stdout.cancel()])
        .catch(() => {});
    },
  });
}

for (const backend of BACKENDS) {
  for (const { name, family, loopback: hostname } of FAMILIES) {
    const host = family === 4 ? hostname : `[${hostname}]`;

    Deno.test({
      name: `socat echoes datagrams over ${name}, over ${backend}`,
      ignore,
      async fn() {
        const reserved = await connectUdp({ hostname, port: 9, backend });
        const { port } = reserved.localAddr;
        await reserved[Symbol.asyncDispose]();
        await using _ = startSocat(
          `UDP${family}-LISTEN:${port},bind=${host}`,
          "EXEC:cat",
        );
        using socket = await connectUdp({ hostname, port, backend });
        const { data } = await socket.exchange(bytes("through socat"), {
          timeout: 50,
          attempts: 200,
          backoff: 1,
        });
        assertEquals(text(data), "through socat");
      },
    });

    Deno.test({
      name: `socat is answered over ${name}, over ${backend}`,
      ignore,
      async fn() {
        using server = await bindUdp({ hostname, backend });
        const { port } = server.localAddr;
        await using socat = startSocat("-", `UDP${family}:${host}:${port}`);
        const input = socat.stdin.getWriter();
        const output = socat.stdout.getReader();
        for (const line of ["one\n", "two\n"]) {
          await input.write(bytes(line));
          const { data, address } = await server.receive(SOON);
          assertEquals([text(data), address.hostname], [line, hostname]);
          await server.sendTo(bytes(`heard ${line}`), address);
          assertEquals(text((await output.read()).value!), `heard ${line}`);
        }
        input.releaseLock();
        output.releaseLock();
      },
    });
  }
}
