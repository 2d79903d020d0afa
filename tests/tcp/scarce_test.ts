import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { connectTcp, type TcpConn } from "@berkeley/sockets/tcp";
import {
  ConnectionRefusedError,
  ConnectionResetError,
} from "@berkeley/sockets/errors";
import { BACKENDS, bytes } from "../_each_stream.ts";
import { runArgs } from "../_run_args.ts";

const PROGRAM = new URL("_scarce_program.ts", import.meta.url);
/** Backends that reset the clients which came while no descriptor was left. */
const RESETS_CLIENTS = ["node"];

/** The server, with few descriptors. */
function start(backend: string): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: [
      "-c",
      'ulimit -n 100; exec "$0" "$@"',
      Deno.execPath(),
      ...runArgs(backend, "--allow-net=127.0.0.1"),
      PROGRAM.pathname,
      backend,
    ],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(60_000),
  }).spawn();
}

/** The answer to a line; null if the connection ended without one. */
async function ask(conn: TcpConn, line: string): Promise<string | null> {
  await conn.send(bytes(`${line}\n`));
  return await conn.readLine({ timeout: 20_000 });
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `serveTcp() goes on when descriptors are left again, over ${backend}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using child = start(backend);
      const output = child.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      let printed = "";
      const until = async (pattern: RegExp) => {
        for (;;) {
          const match = pattern.exec(printed);
          if (match !== null) return match;
          const { value, done } = await output.read();
          assert(!done, printed);
          printed += value;
        }
      };
      const input = child.stdin.getWriter();
      const port = Number((await until(/port (\d+)\n/))[1]);
      const addr = { hostname: "127.0.0.1", port };
      using before = await connectTcp(addr);
      assertEquals(await ask(before, "before"), "before");

      await input.write(bytes("\n"));
      await until(/no descriptor left/);
      using waiting = await connectTcp(addr);
      const answer = ask(waiting, "waiting").catch((error) => error);
      await until(/EMFILE/);
      await input.write(bytes("\n"));
      await until(/descriptors left/);

      const answers: (string | null)[] = [];
      for (let i = 0; i < 500 && answers.length < 3; i++) {
        try {
          using conn = await connectTcp(addr);
          answers.push(await ask(conn, `after ${answers.length}`));
        } catch (error) {
          // While it listens anew, clients are refused, and those queued reset.
          assert(
            RESETS_CLIENTS.includes(backend) &&
              (error instanceof ConnectionRefusedError ||
                error instanceof ConnectionResetError),
            String(error),
          );
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      assertEquals(answers, ["after 0", "after 1", "after 2"]);
      if (RESETS_CLIENTS.includes(backend)) {
        assertInstanceOf(await answer, ConnectionResetError);
      } else {
        assertEquals(await answer, "waiting");
      }
      await input.close();
      await output.cancel();
      assertEquals((await child.status).code, 0);
    },
  });
}
