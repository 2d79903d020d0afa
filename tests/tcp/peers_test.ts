/** Talking to programs of other hands. */
import { assertEquals } from "@std/assert";
import { connectTcp, listenTcp, type TcpBackend } from "@berkeley/sockets/tcp";
import { getAvailablePort } from "@std/net";
import { hasProgram } from "../_programs.ts";
import { BACKENDS, bytes, readAll, text } from "../_each_stream.ts";

/** Runs a server program until the test is done with it. */
async function withServer(
  program: string,
  args: (port: number) => string[],
  body: (port: number) => Promise<void>,
): Promise<void> {
  const port = getAvailablePort();
  const child = new Deno.Command(program, {
    args: args(port),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await body(port);
  } finally {
    try {
      child.kill("SIGTERM");
    } catch {
      // it has ended already
    }
    await child.status;
  }
}

/** Connects as soon as the program listens. */
async function connectSoon(
  hostname: string,
  port: number,
  backend: TcpBackend,
) {
  for (let attempt = 0;; attempt++) {
    try {
      return await connectTcp({ hostname, port, backend });
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** The addresses of loopback, and as socat has them. */
const HOSTS = [["127.0.0.1", "127.0.0.1", 4], ["::1", "[::1]", 6]] as const;

for (
  const { backend, hostname, inSocat, family } of BACKENDS.flatMap((backend) =>
    HOSTS.map(([hostname, inSocat, family]) => ({
      ...{ backend, hostname, inSocat, family },
    }))
  )
) {
  Deno.test({
    name:
      `socat echoes, and half-closes after us, over ${backend} (IPv${family})`,
    ignore: !hasProgram("socat"),
    fn: () =>
      withServer(
        "socat",
        (port) => [
          `TCP${family}-LISTEN:${port},bind=${inSocat},reuseaddr`,
          "EXEC:cat",
        ],
        async (port) => {
          using conn = await connectSoon(hostname, port, backend);
          const sent = Uint8Array.from({ length: 300_000 }, (_, i) => i % 239);
          const reading = readAll(conn);
          await conn.writeAll(sent);
          await conn.closeWrite();
          assertEquals(await reading, sent);
        },
      ),
  });

  Deno.test({
    name: `ncat is a line server, over ${backend} (IPv${family})`,
    ignore: !hasProgram("ncat"),
    fn: () =>
      withServer(
        "ncat",
        (port) => [
          "--listen",
          hostname,
          String(port),
          "--sh-exec",
          'while read line; do echo "got: $line"; done',
        ],
        async (port) => {
          using conn = await connectSoon(hostname, port, backend);
          for (const word of ["one", "two", "three"]) {
            await conn.send(bytes(`${word}\n`));
            assertEquals(
              await conn.readLine({ timeout: 20_000 }),
              `got: ${word}`,
            );
          }
          await conn.closeWrite();
          assertEquals(await conn.readLine(), null);
        },
      ),
  });

  Deno.test({
    name:
      `socat half-closes first and still reads, over ${backend} (IPv${family})`,
    ignore: !hasProgram("socat"),
    async fn() {
      using listener = await listenTcp({
        hostname,
        port: 0,
        backend,
      });
      const child = new Deno.Command("socat", {
        args: [
          "-t",
          "20",
          "-",
          `TCP${family}:${inSocat}:${listener.addr.port}`,
        ],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(bytes("all I have"));
      await writer.close();
      using conn = await listener.accept();
      assertEquals(text(await readAll(conn)), "all I have");
      await conn.send(bytes("thanks"));
      await conn.closeGracefully();
      const { stdout } = await child.output();
      assertEquals(text(stdout), "thanks");
    },
  });
}
