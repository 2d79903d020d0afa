import { assert, assertLessOrEqual } from "@std/assert";

const DOCS = new URL("../../docs/", import.meta.url);

for (const { name } of Deno.readDirSync(DOCS)) {
  if (!name.endsWith(".md")) continue;
  const text = Deno.readTextFileSync(new URL(name, DOCS));

  Deno.test(`the guide ${name} is short, and each of its snippets asserts what it shows`, () => {
    assertLessOrEqual(text.split("\n").length, 151, "lines");
    assert(text.startsWith("# "), "it begins with its title");
    for (const [, snippet] of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      assert(/\bassert\w*\(/.test(snippet!), snippet);
    }
  });

  Deno.test(`the links of the guide ${name} lead somewhere`, async () => {
    for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (/^https?:/.test(target!)) continue;
      await Deno.stat(new URL(target!, DOCS));
    }
  });
}
