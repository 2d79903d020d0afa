/**
 * JavaScript of the sources, by TypeScript's own compiler: what Node 22 runs, and what
 * a package of npm has.
 *
 * @module
 */
import { install } from "./install.ts";

const ROOT = new URL("../../", import.meta.url);

/** What to emit. */
export interface EmitOptions {
  /** The files below the root, as in the `include` of a tsconfig.json. */
  readonly include: readonly string[];
  /** The folder that gets what is emitted. */
  readonly folder: string;
  /** Whether declarations are emitted beside the code. */
  readonly declaration: boolean;
}

/** Emits JavaScript that runs on Node 22; `deno check` has checked its types. */
export async function emit(
  { include, folder, declaration }: EmitOptions,
): Promise<void> {
  const tsc = await install("tsc");
  const root = ROOT.pathname;
  const config = {
    compilerOptions: {
      target: "es2022",
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["esnext", "dom"],
      types: [],
      rewriteRelativeImportExtensions: true,
      resolveJsonModule: true,
      noCheck: true,
      declaration,
      rootDir: root,
      outDir: folder,
    },
    include: include.map((path) => root + path),
  };
  const project = `${folder}/tsconfig.json`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(project, JSON.stringify(config));
  const { success, stdout } = await new Deno.Command(tsc, {
    args: ["--project", project],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stdout));
  await Deno.remove(project);
  await rewriteImports(folder);
}

/**
 * Rewrites what TypeScript 5.9 leaves: a dynamic import in a function with `using` keeps
 * the `.ts` of its path.
 */
async function rewriteImports(folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await rewriteImports(path);
    else if (name.endsWith(".js")) {
      const source = await Deno.readTextFile(path);
      const own = source.replaceAll(
        /\bimport\("(\.[^"]+)\.ts"\)/g,
        'import("$1.js")',
      );
      if (own !== source) await Deno.writeTextFile(path, own);
    }
  }
}
