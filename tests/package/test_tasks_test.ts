/** The tasks run every test, and again those that a flag changes. */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

/** What shows that a test does something else with `--unstable-net`. */
const ASKS_FOR_FLAG =
  /"listenDatagram" in Deno|\breusePort:|"WebSocketStream" in globalThis/;
/** `deno task soak` has the flag; examples are programs with flags of their own. */
const ELSEWHERE = ["soak", "examples"];

/** The paths in `tests/` that a task names. */
function pathsOf(task: { command: string }): string[] {
  return Array.from(task.command.matchAll(/\btests\/\S+/g), ([path]) => path);
}

function entriesOf(folder: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))];
}

/** A test and the helpers of its folder that it imports. */
function sourceOf(folder: string, name: string): string {
  const url = new URL(`tests/${folder}/${name}`, ROOT);
  const source = Deno.readTextFileSync(url);
  const helpers = Array.from(
    source.matchAll(/from "(\.\/_[^"]+)"/g),
    ([, path]) => Deno.readTextFileSync(new URL(path!, url)),
  );
  return [source, ...helpers].join("\n");
}

const folders = entriesOf("tests").filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => name);

Deno.test("test runs the tests of every folder once", () => {
  const { tasks } = config;
  const names = [
    ...["test:parallel", "test:endpoints", "test:rest"] as const,
    "test:package", // which .ci/run runs on its own
  ] as const;
  assertEquals(
    names.flatMap((name) => pathsOf(tasks[name])).sort(),
    folders.map((name) => `tests/${name}`).sort(),
  );
});

Deno.test("test:unstable runs every test that --unstable-net changes", () => {
  const expected = ["tests/udp"];
  for (const folder of folders) {
    if (folder === "udp" || ELSEWHERE.includes(folder)) continue;
    for (const { name } of entriesOf(`tests/${folder}`)) {
      const isTest = name.endsWith("_test.ts") && name !== "test_tasks_test.ts";
      if (isTest && ASKS_FOR_FLAG.test(sourceOf(folder, name))) {
        expected.push(`tests/${folder}/${name}`);
      }
    }
  }
  assertEquals(pathsOf(config.tasks["test:unstable"]), expected.sort());
});
