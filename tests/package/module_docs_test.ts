import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

for (const [entry, path] of Object.entries(config.exports)) {
  Deno.test(`the entry point "${entry}" opens with a @module doc`, async () => {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const doc = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
    assert(/^\s*\* @module\b/m.test(doc), `${path} lacks @module`);
    const words = doc.replaceAll(/[*\s]+/g, " ").split("@module")[0]!.trim();
    assert(words.length > 40, `${path} does not say what it is for`);
  });

  Deno.test(`the entry point "${entry}" only re-exports`, async () => {
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    const statements = code.split(";").map((s) => s.trim()).filter(Boolean);
    for (const statement of statements) {
      assert(/^export\b[\s\S]*\bfrom\b/.test(statement), statement);
    }
  });
}

Deno.test("mod.ts re-exports each name of the portable entry points, as the same thing", async () => {
  const root: Record<string, unknown> = await import("../../mod.ts");
  for (const [entry, path] of Object.entries(config.exports)) {
    if ([".", "./posix", "./testing"].includes(entry)) continue;
    const part: Record<string, unknown> = await import(
      new URL(path, ROOT).href
    );
    for (const [name, value] of Object.entries(part)) {
      assertEquals(root[name] === value, true, `${name} of ${entry}`);
    }
  }
});
