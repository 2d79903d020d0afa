/** What users see of libc that is loaded: nothing. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { HAS_POSIX } from "../_posix.ts";
import { STAND_INS } from "../_run_args.ts";

async function deno(
  command: string,
  file: string,
  permissions: readonly string[],
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      command,
      "--quiet",
      "--no-prompt",
      "--no-check",
      ...STAND_INS,
      ...permissions,
      new URL(file, import.meta.url).pathname,
    ],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

Deno.test({
  name: "libc that a test is the first to use is not reported as a leak of it",
  ignore: !HAS_POSIX,
  async fn() {
    // deno.json of this repository has sanitizeOps and sanitizeResources set.
    const { code, output } = await deno("test", "_leaks_by_user.ts", ["-A"]);
    assertEquals({ code, output: code === 0 ? "" : output }, {
      code: 0,
      output: "",
    });
    assertStringIncludes(output, "3 passed");
  },
});

Deno.test({
  name: "sockets over libc go on when FFI access is revoked",
  ignore: !HAS_POSIX,
  async fn() {
    const { code, output } = await deno("run", "_revoke_program.ts", [
      "--allow-net=127.0.0.1",
      "--allow-ffi",
    ]);
    assertEquals([code, output], [0, "7 true\n7 true\n7 true\n"]);
  },
});
