/** The local echo, with itself, with another process, and with socat. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../_programs.ts";
import {
  assertFailsInALine,
  run,
  runExample,
  startProgram,
} from "./_example.ts";
import {
  posixExampleTest,
  runPosixExample,
  startPosixExample,
} from "./_posix_example.ts";

const HELLO = Array.from(
  { length: 3 },
  (_, i) => `Hello, local socket ${i + 1}\n`,
).join("");

/** Options of a path in a folder of its own. */
async function withPath(
  body: (path: string, ...permissions: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/echo`;
  try {
    await body(path, `--allow-read=${path}`, `--allow-write=${path}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function abstractName(): string {
  return `berkeley-${crypto.randomUUID()}`;
}

posixExampleTest("it echoes over an abstract name", async () => {
  const { code, stdout, stderr } = await runPosixExample([
    "posix_unix_echo",
    "--count=3",
    `--abstract=${abstractName()}`,
  ]);
  assertEquals([code, stderr], [0, ""]);
  assert(stdout.startsWith("Echoing on @berkeley-"));
  assertStringIncludes(stdout, HELLO);
}, Deno.build.os !== "linux");

posixExampleTest(
  "a path is removed, and one that is there is not taken",
  () =>
    withPath(async (path, ...permissions) => {
      const args = ["posix_unix_echo", `--path=${path}`, "--count=3"];
      for (let runs = 0; runs < 2; runs++) {
        const removing = await runPosixExample(args, ...permissions);
        assertEquals([removing.code, removing.stderr], [0, ""]);
        assertStringIncludes(removing.stdout, HELLO);
      }
      await Deno.writeTextFile(path, "");
      const taken = await runPosixExample(args, ...permissions);
      assertFailsInALine(taken, "EADDRINUSE");
      const talking = await runPosixExample([...args, "talk"], ...permissions);
      assertFailsInALine(talking, "ECONNREFUSED");
      assertFailsInALine(await runPosixExample(args), "--allow-read");
    }),
);

posixExampleTest(
  "a server tells who talks to it, and ends on SIGINT",
  () =>
    withPath(async (path, ...permissions) => {
      const args = ["posix_unix_echo", `--path=${path}`, "--count=3"];
      const serving = [...args, "serve"];
      await using server = startPosixExample(serving, ...permissions);
      await server.printed(/Echoing on/);
      for (let clients = 0; clients < 2; clients++) {
        const talk = await runPosixExample([...args, "talk"], ...permissions);
        assertEquals([talk.code, talk.stderr, talk.stdout], [0, "", HELLO]);
      }
      server.kill("SIGINT");
      const { code, signal, stdout, stderr } = await server.finished();
      assertEquals([code, signal, stderr], [0, null, ""]);
      if (Deno.build.os !== "linux") return;
      const told = /Connection from process \d+ of user \d+/g;
      assertEquals(stdout.match(told)?.length, 2);
    }),
);

posixExampleTest(
  "socat is served, too, while others are",
  () =>
    withPath(async (path, ...permissions) => {
      const args = ["posix_unix_echo", `--path=${path}`, "serve"];
      await using server = startPosixExample(args, ...permissions);
      await server.printed(/Echoing on/);
      const talk = ["-", `UNIX-CONNECT:${path}`];
      await using idle = startProgram("socat", { args: talk });
      await idle.write("first\n");
      await idle.printed(/first\n/);
      await using busy = startProgram("socat", { args: talk });
      const much = "0123456789".repeat(50_000);
      await busy.write(much).then(() => busy.endInput());
      const { code, stdout } = await busy.finished();
      assertEquals([code, stdout.length], [0, much.length]);
      assertEquals(stdout, much);
      server.kill("SIGINT"); // while one is still connected
      assertEquals((await server.finished()).code, 0);
      assertEquals((await idle.finished()).stdout, "first\n");
    }),
  !hasProgram("socat"),
);

Deno.test("without --allow-ffi an example says what to run", async () => {
  const outcome = await runExample(["posix_unix_echo"]);
  assertFailsInALine(outcome, "deno task examples:posix posix_unix_echo");
  const direct = await run(["examples/posix_unix_echo.ts"]);
  assertFailsInALine(direct, "--allow-ffi");
});
