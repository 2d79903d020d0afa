/** The example unix_echo, with one server and several programs that talk to it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hasProgram } from "../_programs.ts";
import { startProgram } from "../_start_program.ts";
import {
  assertFailsInALine,
  run,
  runExample,
  startExample,
  startWith,
} from "./_example.ts";

const isLinux = Deno.build.os === "linux";
const ignore = Deno.build.os === "windows";

/** Access to one path. */
function accessTo(path: string): string[] {
  const net = `--allow-net=unix:${path}`;
  return [`--allow-read=${path}`, `--allow-write=${path}`, net];
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function hellos(count: number): string {
  return Array.from(
    { length: count },
    (_, i) => `Hello, unix socket ${i + 1}\n`,
  ).join("");
}

Deno.test({
  name:
    "unix_echo talks to itself over an abstract name, with --allow-net only",
  ignore: !isLinux,
  async fn() {
    const name = `berkeley-${crypto.randomUUID()}`;
    const args = ["unix_echo", "--abstract", name];
    const { code, stdout, stderr } = await runExample(args);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout, `Echoing on @${name}\n${hellos(10)}`);
  },
});

Deno.test({
  name: "unix_echo serves on a path until Ctrl-C, and removes it",
  ignore: ignore || !hasProgram("socat"),
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/sock`;
    const echo = ["examples/run.ts", "unix_echo"];
    const at = ["--path", path];
    try {
      {
        await using killed = startWith(accessTo(path), [
          ...echo,
          "serve",
          ...at,
        ]);
        await killed.printed(/Echoing on/);
        killed.kill("SIGKILL");
        await killed.finished();
      }
      assert(exists(path));
      const serve = [...echo, "serve", ...at, "--mode", "600"];
      const refused = await run(serve, "", accessTo(path));
      assertFailsInALine(refused, "pass replaceStale: true (EADDRINUSE)");
      await using server = startWith(accessTo(path), [
        ...serve,
        "--replace-stale",
      ]);
      await server.printed(/Echoing on/);
      assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o600);
      const talk = [...echo, "talk", ...at, "--count", "3"];
      const { code, stdout, stderr } = await run(talk, "", accessTo(path));
      assertEquals([code, stderr, stdout], [0, "", hellos(3)]);
      await using socat = startProgram("socat", {
        args: ["-t20", "-", `UNIX-CONNECT:${path}`],
      });
      await socat.write("from socat");
      await socat.endInput();
      assertEquals((await socat.finished()).stdout, "from socat");
      server.kill("SIGINT");
      assertEquals((await server.finished()).code, 0);
      assert(!exists(path));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "unix_echo says in a line what is wrong",
  ignore: !isLinux,
  async fn() {
    const cases: [args: string[], expected: string, code: number][] = [
      [["--mode", "9"], "--mode must be three octal digits: 9", 2],
      [["--count", "x"], "--count must be 0 or more: x", 2],
      [["talk", "--abstract", "no-one"], "ECONNREFUSED", 1],
      [["--path", "/tmp/x"], "run again with --allow-read=/tmp/x", 1],
      [["--path", "/".padEnd(200, "x")], "ENAMETOOLONG", 1],
    ];
    for (const [args, expected, code] of cases) {
      const outcome = await runExample(["unix_echo", ...args]);
      assertFailsInALine(outcome, expected, code);
    }
    const at = ["--abstract", `berkeley-${crypto.randomUUID()}`];
    await using server = startExample("unix_echo", "serve", ...at);
    await server.printed(/Echoing on/);
    const again = await runExample(["unix_echo", ...at]);
    assertStringIncludes(again.stderr, "another socket has the name");
  },
});
