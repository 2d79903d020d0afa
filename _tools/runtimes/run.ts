/**
 * Runs the portable tests by the test runners of Node and Bun:
 * `deno task test:node`, `deno task test:bun`, with files to run only these.
 *
 * Node 24 and Bun run the sources as they are; Node 22, which has no `using`, what
 * TypeScript's compiler makes of them.
 *
 * @module
 */
import { emit } from "./emit.ts";
import { install, type Program } from "./install.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const HOOKS = "./_tools/runtimes/hooks.mjs";

/** The folders of `tests/` that need no Deno. */
const FOLDERS = [
  "address",
  "errors",
  "pool",
  "proxy",
  "resolve",
  "tcp",
  "testing",
  "udp",
  "unix",
];

/** The arguments of `node`. */
const NODE = [
  "--disable-warning=ExperimentalWarning",
  `--import=${HOOKS}`,
  "--test",
  "--test-concurrency=2",
  "--test-timeout=30000",
  "--test-force-exit", // after the look for leaks
  "--test-reporter=./_tools/runtimes/reporter.mjs",
];

/** The arguments of `bun`. */
const BUN = [
  "test",
  "--only-failures",
  "--timeout=30000",
  "--isolate",
  `--preload=${HOOKS}`,
];

/** What runs the tests. */
export interface Runtime {
  readonly program: Program;
  readonly args: readonly string[];
  /** The folders of tests that pass there. */
  readonly folders: readonly string[];
  /** Whether it runs TypeScript with all that the tests use. */
  readonly runsSources: boolean;
}

/** All that run them, by the name of their task. */
export const RUNTIMES: Readonly<Record<string, readonly Runtime[]>> = {
  node: [
    {
      program: "node24",
      args: NODE,
      folders: FOLDERS,
      runsSources: true,
    },
    {
      program: "node22",
      args: NODE,
      folders: FOLDERS,
      runsSources: false,
    },
  ],
  bun: [{ program: "bun", args: BUN, folders: FOLDERS, runsSources: true }],
};

/** The paths of the tests in folders; not in folders below them. */
function testsOf(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    Array.from(Deno.readDirSync(`${ROOT}tests/${folder}`), ({ name }) => name)
      .filter((name) => name.endsWith("_test.ts"))
      .map((name) => `tests/${folder}/${name}`)
  ).sort();
}

/** Makes a folder with JavaScript of the library and the tests. */
async function compiled(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "compiled-" });
  await emit({
    include: ["mod.ts", "*/mod.ts", "tests/**/*", "offline/*", "_tools/**/*"],
    folder,
    declaration: false,
  });
  // What the tests read, and the runner.
  const copy = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(ROOT + path)) {
      const below = `${path}/${name}`;
      if (isDirectory) copy(below);
      else if (!name.endsWith(".ts")) {
        Deno.mkdirSync(`${folder}/${path}`, { recursive: true });
        Deno.copyFileSync(ROOT + below, `${folder}/${below}`);
      }
    }
  };
  for (const path of ["tests", "offline", "_tools"]) copy(path);
  Deno.copyFileSync(`${ROOT}deno.json`, `${folder}/deno.json`);
  Deno.writeTextFileSync(`${folder}/package.json`, '{ "type": "module" }');
  return folder;
}

/** How many tests ended so. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Failed as the table of lacks says. */
  lacking: number;
}

function countsOf(output: string): Counts {
  const count = (name: string) =>
    Number(new RegExp(`^ *(\\d+) ${name}$`, "m").exec(output)?.[1] ?? 0);
  const lacking = output.match(/^lack: /gm)?.length ?? 0;
  const denos = output.match(/^skip: /gm)?.length ?? 0;
  return {
    passed: count("pass") - lacking - denos,
    failed: count("fail"),
    skipped: count("skip") + denos,
    lacking,
  };
}

/** Prints what a stream brings, and returns it. */
async function passOn(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    Deno.stdout.writeSync(new TextEncoder().encode(chunk));
    text += chunk;
  }
  return text;
}

/** Runs tests; prints what fails. */
async function run(runtime: Runtime, tests: string[]): Promise<Counts> {
  const program = await install(runtime.program);
  const folder = runtime.runsSources ? ROOT : await compiled();
  const files = tests.map((path) =>
    `./${runtime.runsSources ? path : path.replace(/\.ts$/, ".js")}`
  );
  try {
    const child = new Deno.Command(program, {
      args: [...runtime.args, ...files],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr, { success }] = await Promise.all([
      passOn(child.stdout),
      passOn(child.stderr),
      child.status,
    ]);
    const output = `${stdout}\n${stderr}`;
    const counts = countsOf(output);
    // A failure outside of the tests is one, too.
    if (!success && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    if (folder !== ROOT) await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const [name = "node", ...paths] = Deno.args;
  const runtimes = Object.values(RUNTIMES).flat()
    .filter(({ program }) => program.startsWith(name));
  let sum = 0;
  for (const runtime of runtimes) {
    const tests = paths.length > 0 ? paths : testsOf(runtime.folders);
    const { passed, failed, skipped, lacking } = await run(runtime, tests);
    console.log(
      `${runtime.program}: ${tests.length} files, ${lacking} tests fail as ` +
        `_tools/runtimes/lacks.ts says`,
    );
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
    sum += failed;
  }
  if (sum > 0) Deno.exit(1);
}
