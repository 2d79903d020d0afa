/** What a program may do with few permissions, and what errors say of the others. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { listenUnix } from "@berkeley/sockets/unix";
import { hasProgram } from "../_programs.ts";
import { runArgs } from "../_run_args.ts";
import {
  abstractName,
  BACKENDS,
  exists,
  leaveStale,
  withFolder,
} from "./_setup.ts";
import { IS_DENO } from "../_runtime.ts";

const PROGRAM = new URL("_permission_program.ts", import.meta.url).pathname;
const ROOT = new URL("../../", import.meta.url);
const ignore = !IS_DENO || Deno.build.os === "windows";

/** What the program prints, with these flags and nothing else. */
async function run(
  flags: string[],
  backend: string,
  path: string,
  options: object = {},
  before: readonly string[] = [],
): Promise<{ listen: string; connect: string }> {
  const [command = "", ...args] = [...before, Deno.execPath()];
  const { stdout, stderr } = await new Deno.Command(command, {
    args: [
      ...args,
      ...runArgs(backend, ...flags),
      PROGRAM,
      JSON.stringify({ backend, path, ...options }),
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  const text = decoder.decode(stdout);
  const [, listen = "", connect = ""] =
    /^listen: (.*)\nconnect: (.*)\n$/.exec(text) ?? [];
  return { listen, connect };
}

/** The flags for one path. */
function flagsFor(path: string): string[] {
  return [
    `--allow-read=${path}`,
    `--allow-write=${path}`,
    `--allow-net=unix:${path}`,
  ];
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `access to the path is enough, over ${backend}`,
    ignore,
    fn: () =>
      withFolder(async (folder) => {
        const path = `${folder}/sock`;
        leaveStale(path);
        const options = { mode: 0o600, replaceStale: true };
        const flags = flagsFor(path);
        const { listen, connect } = await run(flags, backend, path, options);
        assertEquals(listen, "hello");
        assertMatch(connect, /there is no such socket/);
        assertEquals(exists(path), false);
      }),
  });
}

Deno.test({
  name: "errors name each flag that is missing, as it is to be given",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/so ck`; // which a shell would split
      const all = flagsFor(path);
      const quoted = all.map((flag) => flag.replace("=", "='") + "'");
      await Promise.all(
        BACKENDS.map(async (backend, i) => {
          const granted = all.slice(0, i); // none, read, read and write
          const { listen, connect } = await run(granted, backend, path);
          const missing = quoted.slice(i).join(" ");
          const end = `${path}: run again with ${missing} (ENOTCAPABLE)`;
          assertEquals(listen, `NotCapableError: Cannot listen on ${end}`);
          assertEquals(connect, `NotCapableError: Cannot connect to ${end}`);
        }),
      );
      assertEquals(exists(path), false);
    }),
});

Deno.test({
  name: "the flags that an error names are enough, as a shell takes them",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      await Promise.all(["a,b", "it's $x", "ü[%20]:1"].map(async (name) => {
        const path = `${folder}/${name}`;
        const { listen } = await run([], "deno", path);
        const flags = /run again with (.*) \(ENOTCAPABLE\)$/.exec(listen)?.[1];
        const [command, ...args] = [Deno.execPath(), ...runArgs("deno")];
        const { stdout } = await new Deno.Command("sh", {
          args: [
            ...["-c", `exec "$0" ${args.join(" ")} ${flags} "$@"`, command],
            ...[PROGRAM, JSON.stringify({ path, backend: "deno" })],
          ],
          cwd: ROOT,
          env: { NO_COLOR: "1" },
          stdin: "null",
        }).output();
        assertMatch(new TextDecoder().decode(stdout), /^listen: hello\n/);
      }));
    }),
});

Deno.test({
  name: "nothing prompts on a terminal",
  ignore: ignore || Deno.build.os !== "linux" || !hasProgram("script"),
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/sock`;
      await Promise.all(BACKENDS.map(async (backend) => {
        const args = runArgs(backend).filter((arg) => arg !== "--no-prompt");
        for (const flags of [[], flagsFor(`${path}-${backend}`)]) {
          const options = {
            backend,
            path: `${path}-${backend}`,
            mode: 0o600,
            replaceStale: true,
          };
          const words = [
            ...[Deno.execPath(), ...args, ...flags, PROGRAM],
            `'${JSON.stringify(options)}'`,
          ];
          const { stdout } = await new Deno.Command("script", {
            args: ["-qec", words.join(" "), "/dev/null"],
            cwd: ROOT,
            env: { NO_COLOR: "1" },
            stdin: "null",
            signal: AbortSignal.timeout(60_000),
          }).output();
          const text = new TextDecoder().decode(stdout).replaceAll("\r", "");
          assertMatch(
            text,
            flags.length === 0
              ? /^listen: NotCapableError.*\nconnect: NotCapableError.*\n$/
              : /^listen: hello\nconnect: .*no such socket.*\n$/,
          );
        }
      }));
    }),
});

Deno.test({
  name: "a permission that was denied is not asked for",
  ignore,
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/sock`;
      const flags = [...flagsFor(path), `--deny-write=${path}`];
      const { listen } = await run(flags, "deno", path, { mode: 0o600 });
      assertStringIncludes(listen, `run again with --allow-write=${path}`);
      assertEquals(exists(path), false);
    }),
});

Deno.test({
  name: "an abstract name needs net access only",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await Promise.all(BACKENDS.map(async (backend) => {
      const { listen } = await run(["--allow-net"], backend, abstractName());
      assertEquals(listen, "hello");
    }));
  },
});

const ALL = ["--allow-net", "--allow-read", "--allow-write"];

/** What runs a program without the privileges of root, which nothing refuses. */
const UNPRIVILEGED = Deno.build.os === "windows" || Deno.uid() !== 0
  ? []
  : ["unshare", "--user"];

async function canDropPrivileges(): Promise<boolean> {
  const [command, ...args] = [...UNPRIVILEGED, "true"];
  try {
    return (await new Deno.Command(command!, { args }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "EACCES says which permission of the file system it needs",
  ignore: ignore || !await canDropPrivileges(),
  fn: () =>
    withFolder(async (folder) => {
      const path = `${folder}/sock`;
      await using _ = await listenUnix({ path, mode: 0 });
      const closed = `${folder}/closed`;
      Deno.mkdirSync(closed, { mode: 0o500 });
      await Promise.all(BACKENDS.map(async (backend) => {
        const toSocket = await run(ALL, backend, path, {}, UNPRIVILEGED);
        assertEquals(
          toSocket.connect,
          `PermissionDeniedError: Cannot connect to ${path}: permission denied; it needs write permission for the socket, and search permission for its folders (EACCES)`,
        );
        const inside = `${closed}/sock`;
        const inFolder = await run(ALL, backend, inside, {}, UNPRIVILEGED);
        assertEquals(
          inFolder.listen,
          `PermissionDeniedError: Cannot listen on ${inside}: permission denied; it needs write permission for the folder (EACCES)`,
        );
      }));
    }),
});
