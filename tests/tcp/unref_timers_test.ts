import { assertEquals } from "@std/assert";
import { BACKENDS } from "../_each_stream.ts";
import { runArgs } from "../_run_args.ts";

const PROGRAM = new URL("_unref_timers_program.ts", import.meta.url);

/** What an unref'ed connection or server waits for. */
const WAITS = [
  "readExact()",
  "an idleTimeout",
  "closeGracefully()",
  "writeAll()",
  "flush()",
  "close() with messages to send",
];

/** In Deno 2.9, `unref` of a `Deno.TcpConn` is about reads: a pending write holds. */
function isHeld(what: string, backend: string): boolean {
  return backend === "deno" && WAITS.indexOf(what) > 2;
}

for (const backend of BACKENDS) {
  for (const what of WAITS) {
    const outcome = isHeld(what, backend) ? "cannot let" : "lets";
    Deno.test(`unref() ${outcome} the program end while ${what} waits, over ${backend}`, async () => {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...runArgs(backend, "--allow-net=127.0.0.1"),
          PROGRAM.pathname,
          what,
          backend,
        ],
        cwd: new URL("../../", import.meta.url),
        signal: AbortSignal.timeout(60_000),
        stderr: "inherit",
      }).output();
      const said = new TextDecoder().decode(stdout).trim();
      assertEquals([code, said], [0, isHeld(what, backend) ? "held" : ""]);
    });
  }
}
