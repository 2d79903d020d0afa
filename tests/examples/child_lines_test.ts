/** The example that reads the lines of another program. */
import { assertEquals, assertMatch } from "@std/assert";
import { assertFailsInALine, run } from "./_example.ts";

const MAY_RUN = ["--allow-net", "--allow-run"];

/** Runs the example on a program of Deno. */
function runLines(program: string, ...options: string[]) {
  const child = [Deno.execPath(), "eval", program];
  const args = ["examples/run.ts", "child_lines", ...options, ...child];
  return run(args, "a\nb\n", MAY_RUN);
}

Deno.test("child_lines numbers the lines of a program, and exits as it does", async () => {
  const program = `
    for await (const chunk of Deno.stdin.readable) {
      console.log("got " + new TextDecoder().decode(chunk).trim());
    }
    await Deno.stdout.write(new TextEncoder().encode("no end"));
    Deno.exit(7);`;
  const { code, stdout, stderr } = await runLines(program);
  assertEquals([code, stderr], [7, ""]);
  assertMatch(stdout, /^1 \d+\.\d got a\n(.*\n)?\d \d+\.\d no end\n$/s);
});

Deno.test("child_lines ends a program that is silent, or whose line has no end", async () => {
  const silent = ["sh", "-c", "echo one; exec sleep 60"];
  const example = ["examples/run.ts", "child_lines", "--silence", "0.5"];
  const quiet = await run([...example, ...silent], "", MAY_RUN);
  assertFailsInALine(quiet, "was ended: it printed nothing in time");
  assertMatch(quiet.stdout, /^1 \d+\.\d one\n$/);

  const endless = `for (;;) await Deno.stdout.write(new Uint8Array(999))`;
  const long = await runLines(endless, "--max", "100000");
  assertFailsInALine(long, "was ended: its line is too long");
  assertEquals(long.stdout, "");
});

const MISUSES: [args: string[], message: string][] = [
  [[], "Say which program to run"],
  [["--silence", "0", "x"], "--silence must be more than 0: 0"],
  [["--max", "x", "x"], "--max must be a positive integer: x"],
];

for (const [args, message] of MISUSES) {
  Deno.test(`child_lines ${args.join(" ")} fails in a line`, async () => {
    const outcome = await run(["examples/run.ts", "child_lines", ...args]);
    assertFailsInALine(outcome, message, 2);
  });
}
