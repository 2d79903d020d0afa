import { assert, assertEquals } from "@std/assert";
import {
  errnoOf,
  gaiStrerror,
  SOCKET_ERROR_KINDS,
  strerror,
} from "@berkeley/sockets/errors";
import { packageFiles } from "../../_tools/package_files.ts";

const ROOT = new URL("../../", import.meta.url);
const GUIDE = await Deno.readTextFile(new URL("docs/errors.md", ROOT));

/** The cells of the rows whose code begins like this. */
function rows(pattern: RegExp): string[][] {
  return GUIDE.split("\n")
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([code]) => pattern.test(code ?? ""));
}

const SOCKET_ROWS = rows(/^`E(?!AI_)[A-Z]+`$/);
const LOOK_UP_ROWS = rows(/^`EAI_[A-Z]+`$/);

function codesOf(table: string[][]): string[] {
  return table.map(([code]) => code!.slice(1, -1));
}

/** The codes that our own code makes errors of, by reading it. */
async function codesInSource(pattern: RegExp): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const { path } of await packageFiles()) {
    if (!path.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const code = text.replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
    for (const [, name] of code.matchAll(pattern)) codes.add(name!);
  }
  return codes;
}

Deno.test("the guide to errors has a row for each code that has a class, with that class", () => {
  const classes = new Map(SOCKET_ROWS.map(([code, name]) => [code, name]));
  for (const kind of SOCKET_ERROR_KINDS) {
    const { name } = kind as unknown as { name: string };
    for (const code of kind.codes) {
      assertEquals(classes.get(`\`${code}\``), `\`${name}\``, code);
    }
  }
  const named = new Set(SOCKET_ERROR_KINDS.flatMap(({ codes }) => codes));
  for (const [code, name] of SOCKET_ROWS) {
    if (named.has(code!.slice(1, -1))) continue;
    assert(["`SocketError`", "`FrameError`"].includes(name!), code);
  }
});

Deno.test("the guide to errors has a row for each code that the library makes", async () => {
  const made = await codesInSource(
    /(?:[eE]rror|closed|timeout|unsupported|Refusal|refuse|failure|malformed)\w*\(\s*"(E(?!AI_)[A-Z]+)"/g,
  );
  assert(made.size > 8, [...made].join());
  const guide = new Set(codesOf(SOCKET_ROWS));
  assertEquals([...made].filter((code) => !guide.has(code)), []);
  const madeOfLookUps = await codesInSource(/"(EAI_[A-Z]+)"/g);
  const guideOfLookUps = new Set(codesOf(LOOK_UP_ROWS));
  assert(madeOfLookUps.size > 8, [...madeOfLookUps].join());
  assertEquals(
    [...madeOfLookUps].filter((code) => !guideOfLookUps.has(code)),
    [],
  );
});

Deno.test("the guide to errors has no code that the tables do not know, in order, and no empty cell", () => {
  for (const code of codesOf(SOCKET_ROWS)) {
    assert(!strerror(code).startsWith("unknown"), code);
    const isOfErrno = errnoOf(code, "linux") !== undefined;
    const isOfOurs = /^(EOF|ENOTCAPABLE|ECERT[A-Z]+|ETLS[A-Z]+)$/.test(code);
    assert(isOfErrno || isOfOurs, code);
  }
  for (const code of codesOf(LOOK_UP_ROWS)) {
    assert(!gaiStrerror(code).startsWith("unknown"), code);
  }
  for (const table of [SOCKET_ROWS, LOOK_UP_ROWS]) {
    const codes = codesOf(table);
    assertEquals(codes, [...new Set(codes)].sort());
    assert(table.every((cells) => cells.every((cell) => cell !== "")));
  }
});
