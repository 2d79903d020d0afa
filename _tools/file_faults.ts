/**
 * Reports the files of the library that are too long, and the circles of files
 * that import each other.
 *
 * ```sh
 * deno run --allow-read=. _tools/file_faults.ts
 * ```
 *
 * @module
 */

/** The most lines of a file, docs included. */
export const MAX_LINES = 500;
/** The most lines of a file, without comments and empty lines. */
export const MAX_CODE_LINES = 300;

const ROOT = new URL("../", import.meta.url);
/** Folders that are no part of the library. */
const OUTSIDE = /^(tests|examples|bench|offline|_tools|\.)/;

/** A file's path below the root, and what is in it. */
export type Sources = ReadonlyMap<string, string>;

/** Counts the lines of a source that are neither empty nor a comment. */
export function codeLines(source: string): number {
  let count = 0;
  let isInComment = false;
  for (const line of source.split("\n").map((line) => line.trim())) {
    if (isInComment) {
      isInComment = !line.endsWith("*/");
    } else if (line.startsWith("/*")) {
      isInComment = !line.includes("*/");
    } else if (line !== "" && !line.startsWith("//")) {
      count++;
    }
  }
  return count;
}

const IMPORT = /^(?:import|export)\b[^;]*?\bfrom\s+"(\.[^"]+)"/gm;

/** The files that a file imports, for their types as well. */
export function importsOf(path: string, source: string): string[] {
  return Array.from(source.matchAll(IMPORT), ([, specifier]) => {
    const url = new URL(specifier!, new URL(path, ROOT));
    return url.href.slice(ROOT.href.length);
  });
}

/** The groups of files each of which imports all others, if by way of others. */
export function circlesOf(sources: Sources): string[][] {
  const targets = new Map<string, Set<string>>();
  for (const path of sources.keys()) targets.set(path, reachable(path));
  const isIn = (a: string, b: string) => targets.get(a)?.has(b) ?? false;
  const circles = new Map<string, string[]>();
  for (const path of sources.keys()) {
    if (!isIn(path, path)) continue;
    const circle = [...sources.keys()]
      .filter((other) => isIn(path, other) && isIn(other, path)).sort();
    circles.set(circle.join(), circle);
  }
  return [...circles.values()];

  function reachable(start: string): Set<string> {
    const found = new Set<string>();
    const queue = [start];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      for (const target of importsOf(path, sources.get(path) ?? "")) {
        if (!found.has(target)) queue.push(target);
        found.add(target);
      }
    }
    return found;
  }
}

/** Says what is wrong with the files, a line for each fault. */
export function fileFaults(sources: Sources): string[] {
  const faults: string[] = [];
  for (const [path, source] of sources) {
    const lines = source.trimEnd().split("\n").length;
    if (lines > MAX_LINES || codeLines(source) > MAX_CODE_LINES) {
      faults.push(`${path} is too long`);
    }
  }
  for (const circle of circlesOf(sources)) {
    faults.push(`${circle.join(", ")} import each other`);
  }
  return faults.sort();
}

/** Reads the files of the library. */
export async function librarySources(): Promise<Sources> {
  const sources = new Map<string, string>();
  await addFolder("");
  return sources;

  async function addFolder(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(url(folder))) {
      const path = `${folder}${name}`;
      if (OUTSIDE.test(path)) continue;
      if (isDirectory) await addFolder(`${path}/`);
      else if (name.endsWith(".ts")) {
        sources.set(path, await Deno.readTextFile(url(path)));
      }
    }
  }

  function url(path: string): URL {
    return new URL(path === "" ? "." : path, ROOT);
  }
}

if (import.meta.main) {
  const sources = await librarySources();
  const faults = fileFaults(sources);
  for (const fault of faults) {
    const [path] = fault.split(" ");
    const source = sources.get(path!);
    console.log(
      source === undefined
        ? fault
        : `${fault}: ${source.trimEnd().split("\n").length} lines, ${
          codeLines(source)
        } of them code`,
    );
  }
  Deno.exitCode = faults.length === 0 ? 0 : 1;
}
