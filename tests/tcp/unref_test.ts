import { assertEquals } from "@std/assert";
import { BACKENDS } from "../_each_stream.ts";
import { runArgs } from "../_run_args.ts";

const PROGRAM = new URL("_unref_program.ts", import.meta.url);

/** What the program prints before it ends by itself. */
async function printed(what: string, backend: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...runArgs(backend, "--allow-net=127.0.0.1"),
      PROGRAM.pathname,
      what,
      backend,
    ],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(20_000),
  }).output();
  const text = new TextDecoder();
  assertEquals({ code, stderr: text.decode(stderr) }, { code: 0, stderr: "" });
  return text.decode(stdout);
}

for (const backend of BACKENDS) {
  for (const order of ["unref before accept", "unref after accept"]) {
    Deno.test(`an unref'ed listener ends the program before its accept times out (${order}), over ${backend}`, async () => {
      assertEquals(await printed(order, backend), "");
    });
  }

  Deno.test(`ref() keeps the program alive until the accept times out, over ${backend}`, async () => {
    assertEquals(await printed("ref again", backend), "the timer fired\n");
  });

  Deno.test(`a read that timed out does not keep the program alive, over ${backend}`, async () => {
    assertEquals(await printed("cancelled read", backend), "");
  });

  Deno.test(`a read after one that timed out keeps the program alive, over ${backend}`, async () => {
    assertEquals(
      await printed("read after a cancelled read", backend),
      "read\n",
    );
  });

  for (const what of ["idle listener", "idle connection"]) {
    Deno.test(`an ${what} with nothing pending ends the program, over ${backend}`, async () => {
      assertEquals(await printed(what, backend), "");
    });
  }
}
