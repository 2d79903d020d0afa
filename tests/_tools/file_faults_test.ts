import { assertEquals } from "@std/assert";
import {
  circlesOf,
  codeLines,
  fileFaults,
  importsOf,
  librarySources,
  MAX_CODE_LINES,
  MAX_LINES,
} from "../../_tools/file_faults.ts";

Deno.test("no file of the library is too long or imports in a circle", async () => {
  assertEquals(fileFaults(await librarySources()), []);
});

Deno.test("codeLines() counts neither comments nor empty lines", () => {
  const source = `/** Docs. */
/**
 * More docs.
 *
 * \`\`\`ts
 * const x = 1;
 * \`\`\`
 */
const url = "https://example.com"; // why

/* short */
// a comment
const product = 2 /* why */ * 3;
/* until
   here */
export { product, url };
`;
  assertEquals(codeLines(source), 3);
});

Deno.test("importsOf() finds what a file imports of its own package", () => {
  const source = `import { assert } from "@std/assert";
import type { A } from "./a.ts";
import {
  b,
  type B,
} from "../other/mod.ts";
import net from "node:net";
export * from "./c.ts";
export { d } from "./sub/d.ts";
const text = "from './no.ts'";
`;
  assertEquals(importsOf("folder/file.ts", source), [
    "folder/a.ts",
    "other/mod.ts",
    "folder/c.ts",
    "folder/sub/d.ts",
  ]);
});

Deno.test("circlesOf() finds each group of files that import each other", () => {
  const sources = new Map([
    ["a.ts", `import { b } from "./b.ts";`],
    ["b.ts", `export { c } from "./c.ts";`],
    ["c.ts", `import type { A } from "./a.ts";`],
    ["d.ts", `import { a } from "./a.ts";`],
    ["e.ts", `import { f } from "./f.ts";`],
    ["f.ts", `import { e } from "./e.ts";\nimport { a } from "./a.ts";`],
    ["g.ts", ""],
  ]);
  assertEquals(circlesOf(sources), [
    ["a.ts", "b.ts", "c.ts"],
    ["e.ts", "f.ts"],
  ]);
});

Deno.test("fileFaults() reports a file with too many lines, or too much code", () => {
  const sources = new Map([
    ["code.ts", "f();\n".repeat(MAX_CODE_LINES + 1)],
    ["docs.ts", "// docs\n".repeat(MAX_LINES + 1)],
    ["short.ts", "f();\n".repeat(MAX_CODE_LINES) + "// docs\n".repeat(99)],
  ]);
  assertEquals(fileFaults(sources), [
    "code.ts is too long",
    "docs.ts is too long",
  ]);
});
