/** What keeps a program alive over `node:tls`, which has no descriptor of its own. */
import { assertEquals } from "@std/assert";
import { runArgs } from "../_run_args.ts";

const PROGRAM = new URL("_unref_program.ts", import.meta.url);

const CASES = [
  { what: "idle connection", expected: "" },
  { what: "unref", expected: "" },
  { what: "ref again", expected: "the timer fired\n" },
  { what: "cancelled read", expected: "" },
  { what: "read after a cancelled read", expected: "read\n" },
];

for (const { what, expected } of CASES) {
  Deno.test(`a program over TLS ends when nothing holds it: ${what}`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...runArgs("node", "--allow-net=127.0.0.1"),
        PROGRAM.pathname,
        what,
      ],
      cwd: new URL("../../", import.meta.url),
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(20_000),
    }).output();
    const text = new TextDecoder();
    assertEquals(
      { code, stdout: text.decode(stdout), stderr: text.decode(stderr) },
      { code: 0, stdout: expected, stderr: "" },
    );
  });
}
