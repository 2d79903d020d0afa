/**
 * What Node and Bun need to run the tests: it puts the addresses of the packages that
 * tests import into their sources, and the `Deno` of `deno.ts`, which is no global: the
 * library runs without one.
 *
 * `node --import ./_tools/runtimes/hooks.mjs --test …`, or
 * `bun test --preload ./_tools/runtimes/hooks.mjs …`.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import * as module from "node:module";
import { pathToFileURL } from "node:url";

const ROOT = new URL("../../", import.meta.url);

function json(path) {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));
}

/** The sources, or what TypeScript's compiler made of them. */
const EXTENSION = existsSync(new URL("mod.ts", ROOT)) ? ".ts" : ".js";

function addressOf(path) {
  return new URL(path.replace(/\.ts$/, EXTENSION), ROOT).href;
}

/** The addresses of the packages. */
const PACKAGES = new Map();
{
  const { name, exports } = json("deno.json");
  for (const [entry, path] of Object.entries(exports)) {
    PACKAGES.set(name + entry.slice(1), addressOf(path));
  }
  const { imports } = json("offline/imports.json");
  for (const [name, path] of Object.entries(imports)) {
    PACKAGES.set(name, addressOf(`offline/${path}`));
  }
}

/** What comes before the source of a test; on its first line, so that no number changes. */
const SHIM = `import { Deno } from "${addressOf("_tools/runtimes/deno.ts")}"; `;

/** The source of a module as it runs here. */
function adapt(url, source) {
  const path = url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : "";
  if (!/^(tests|offline)\//.test(path)) return source;
  const adapted = source.replaceAll(
    /(?<=\bfrom "|\bimport\("|\bresolve\(")@[^"]+/g,
    (name) => PACKAGES.get(name) ?? name,
  );
  return /\bDeno\b/.test(source) ? SHIM + adapted : adapted;
}

if (globalThis.Bun === undefined) {
  module.registerHooks({
    load(url, context, next) {
      if (!url.endsWith(EXTENSION)) return next(url, context);
      // Without a package.json, Node takes a file of types for CommonJS.
      const format = EXTENSION === ".ts" ? "module-typescript" : "module";
      const loaded = next(url, { ...context, format });
      return { ...loaded, source: adapt(url, String(loaded.source)) };
    },
  });
} else {
  globalThis.Bun.plugin({
    name: "the tests",
    setup(build) {
      build.onLoad({ filter: /\/(tests|offline)\/.*\.ts$/ }, ({ path }) => ({
        contents: adapt(pathToFileURL(path).href, readFileSync(path, "utf8")),
        loader: "ts",
      }));
    },
  });
}
