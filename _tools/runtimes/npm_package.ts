/**
 * The package as npm has it: JavaScript and declarations beside each other. JSR makes
 * such a package of what is published; this one is for the tests.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { emit } from "./emit.ts";

/** `./tcp/mod.ts` as a path of what is emitted. */
function emitted(path: string, extension: string): string {
  return path.replace(/\.ts$/, extension);
}

/** Makes the package in a folder. */
export async function makeNpmPackage(folder: string): Promise<void> {
  const entries = Object.entries(config.exports);
  await emit({
    include: entries.map(([, path]) => path.slice(2)),
    folder,
    declaration: true,
  });
  const { name, version, license } = config;
  const exports = Object.fromEntries(
    entries.map(([entry, path]) => [entry, {
      types: emitted(path, ".d.ts"),
      default: emitted(path, ".js"),
    }]),
  );
  const manifest = { name, version, license, type: "module", exports };
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify(manifest, null, 2),
  );
}
