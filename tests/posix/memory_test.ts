/** What libc is given: no byte beyond the true ends of a buffer. */
import { assertEquals } from "@std/assert";
import { IS_LINUX } from "../../posix/_platform.ts";
import { posixTest } from "./_setup.ts";

const PROGRAM = new URL("_memory_program.ts", import.meta.url).pathname;

posixTest("no call touches memory beyond a buffer that lies", async () => {
  if (!IS_LINUX) return console.log("skipped: macOS has no batches");
  // In a program of its own, which a fault would end.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", "--allow-net", "--allow-ffi"],
      PROGRAM,
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const [out, problems] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  const parts = ["buffers", "others", "flags", "batches", "options"];
  assertEquals(
    [out, problems, code],
    [parts.map((part) => `${part} ok\n`).join(""), "", 0],
  );
}, "inherit");
