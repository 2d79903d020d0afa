import { assert, assertEquals } from "@std/assert";
import { SocketError } from "@berkeley/sockets/errors";
import { connectUnix, type UnixConn } from "@berkeley/sockets/unix";
import { runArgs } from "../_run_args.ts";
import { startProgram } from "../_start_program.ts";
import { BACKENDS, exists, SOON, withFolder } from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

const PROGRAM = new URL("_scarce_program.ts", import.meta.url);
/** Backends that end the clients which came while no descriptor was left. */
const ENDS_CLIENTS = ["node"];
/** What a client may meet while such a listener listens anew. */
const ANEW = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"];

/** The answer to a line; null if the connection ended without one. */
async function ask(conn: UnixConn, line: string): Promise<string | null> {
  await conn.send(`${line}\n`);
  return await conn.readLine(SOON);
}

for (const backend of BACKENDS) {
  Deno.test({
    name:
      `serveUnix() goes on when descriptors are left again, over ${backend}`,
    ignore: !IS_DENO || Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        const path = `${folder}/sock`;
        const flags = [
          "--allow-net",
          `--allow-read=${path}`,
          `--allow-write=${path}`,
        ];
        await using server = startProgram("sh", {
          args: [
            "-c",
            'ulimit -n 100; exec "$0" "$@"',
            Deno.execPath(),
            ...runArgs(backend, ...flags),
            PROGRAM.pathname,
            backend,
            path,
          ],
          cwd: new URL("../../", import.meta.url),
          env: { NO_COLOR: "1" },
        });
        await server.printed(/ready/);
        await using before = await connectUnix({ path });
        assertEquals(await ask(before, "before"), "before");

        await server.write("\n");
        await server.printed(/no descriptor left/);
        await using waiting = await connectUnix({ path });
        const answer = ask(waiting, "waiting").catch(() => null);
        await server.printed(/EMFILE/);
        await server.write("\n");
        await server.printed(/descriptors left/);

        const answers: (string | null)[] = [];
        for (let i = 0; i < 500 && answers.length < 3; i++) {
          try {
            await using conn = await connectUnix({ path });
            const got = await ask(conn, `after ${answers.length}`);
            if (got !== null) answers.push(got);
          } catch (error) {
            assert(
              ENDS_CLIENTS.includes(backend) && error instanceof SocketError &&
                ANEW.includes(error.code),
              String(error),
            );
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
        assertEquals(answers, ["after 0", "after 1", "after 2"]);
        const isEnded = ENDS_CLIENTS.includes(backend);
        assertEquals(await answer, isEnded ? null : "waiting");
        await server.endInput();
        assertEquals((await server.finished()).code, 0);
        assertEquals(exists(path), false);
      }),
  });
}
