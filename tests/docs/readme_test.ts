import { assert, assertEquals, assertNotEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { RUNTIMES } from "../../_tools/runtimes/run.ts";

const ROOT = new URL("../../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));

/** What a snippet says that it prints: the comments behind `console.log`. */
function promised(snippet: string): string[] {
  const lines = snippet.matchAll(/^\s*console\.log\(.*\); \/\/ (.*)$/gm);
  return [...lines].map(([, text]) => text!);
}

/** Runs a program as a user would, with `--allow-net` alone. */
async function run(program: string): Promise<string> {
  const own = program.replaceAll(
    /from "@berkeley\/sockets(\/\w+)?"/g,
    (_, entry = "") => `from "${new URL(`.${entry}/mod.ts`, ROOT)}"`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--no-prompt", "--quiet", "--allow-net", "-"],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(own));
  await writer.close();
  const { stdout, stderr } = await child.output();
  return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))
    .join("");
}

const SNIPPETS = README.matchAll(/^### (.*)\n[^#]*?^```ts\n([^]*?)^```$/gm);
for (const [, title, snippet] of SNIPPETS) {
  Deno.test(`the README's snippet "${title}" prints what it says, with --allow-net alone`, async () => {
    const expected = promised(snippet!);
    assertNotEquals(expected.length, 0);
    assertEquals(await run(snippet!), expected.join("\n") + "\n");
  });
}

for (const path of ["README.md", "CONTRIBUTING.md", "bench/README.md"]) {
  const text = Deno.readTextFileSync(new URL(path, ROOT));

  Deno.test(`the links of ${path} lead somewhere`, async () => {
    for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(target!)) continue;
      await Deno.stat(new URL(target!, new URL(path, ROOT)));
    }
  });

  Deno.test(`the tasks that ${path} names are there`, () => {
    const tasks = new Set(Object.keys(config.tasks));
    for (const [, task] of text.matchAll(/deno task ([\w:]+)/g)) {
      assert(tasks.has(task!), `there is no task ${task}`);
    }
  });
}

/** The paths of all files of a folder, and of those below. */
function* filesOf(folder: URL): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name === ".git") continue;
    if (isDirectory) yield* filesOf(new URL(`${name}/`, folder));
    else yield new URL(name, folder).pathname;
  }
}

Deno.test("the files and folders that CONTRIBUTING.md names are there", async () => {
  const text = Deno.readTextFileSync(new URL("CONTRIBUTING.md", ROOT));
  const files = [...filesOf(ROOT)];
  for (const [path] of text.matchAll(/\b[\w/]+\.ts\b/g)) {
    assert(files.some((file) => file.endsWith(`/${path}`)), path);
  }
  for (const [, path] of text.matchAll(/[\s`]((?:\w+\/)+)(?=[\s`,])/g)) {
    assert((await Deno.stat(new URL(path!, ROOT))).isDirectory, path);
  }
});

Deno.test("README says where the tests run as _tools/runtimes/ runs them", () => {
  const rows = README.matchAll(/^\| `(\w+)` +((?:\| (?:yes|no) +)+)\|$/gm);
  const said = Array.from(rows, ([, folder, cells]) => {
    const [, ...others] = cells!.matchAll(/yes|no/g); // the first is Deno's
    return [folder, ...others.map(([word]) => word === "yes")];
  });
  const runtimes = Object.values(RUNTIMES).flat();
  const found = said.map(([folder]) => [
    folder,
    ...runtimes.map(({ folders }) => folders.includes(String(folder))),
  ]);
  assertEquals(said, found);
  assertEquals(
    runtimes.flatMap(({ folders }) => folders)
      .filter((folder) => !said.some(([name]) => name === folder)),
    [],
  );
});
