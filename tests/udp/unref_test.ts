import { assertEquals } from "@std/assert";
import { BACKENDS } from "./_each_transport.ts";

const PROGRAM = new URL("_unref_program.ts", import.meta.url);

for (const backend of BACKENDS) {
  Deno.test(`unref() lets the program end while a receive is pending, over ${backend}`, async () => {
    const isOffline = import.meta.resolve("@std/assert").startsWith("file:");
    const { code, signal } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--allow-net=127.0.0.1",
        ...(backend === "deno" ? ["--unstable-net"] : []),
        ...(backend === "posix" ? ["--allow-ffi"] : []),
        ...(isOffline ? ["--import-map=offline/imports.json"] : []),
        PROGRAM.pathname,
        backend,
      ],
      cwd: new URL("../../", import.meta.url),
      signal: AbortSignal.timeout(30_000),
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    assertEquals([code, signal], [0, null]);
  });
}
