/**
 * The functions of `Deno` for files that tests use, over `node:fs`.
 *
 * @module
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface TempOptions {
  dir?: string;
  prefix?: string;
  suffix?: string;
}

/** As `Deno.makeTempDirSync`. */
export function makeTempDirSync(options: TempOptions = {}): string {
  return fs.mkdtempSync(join(options.dir ?? tmpdir(), options.prefix ?? ""));
}

/** As `Deno.makeTempFileSync`. */
export function makeTempFileSync(options: TempOptions = {}): string {
  const { dir = tmpdir(), prefix = "", suffix = "" } = options;
  const path = join(dir, `${prefix}${crypto.randomUUID()}${suffix}`);
  fs.writeFileSync(path, "", { flag: "wx", mode: 0o600 });
  return path;
}

/** As `Deno.writeTextFileSync`. */
export function writeTextFileSync(path: string | URL, text: string): void {
  fs.writeFileSync(path, text);
}

/** As `Deno.readTextFileSync`. */
export function readTextFileSync(path: string | URL): string {
  return fs.readFileSync(path, "utf8");
}

/** As `Deno.removeSync`. */
export function removeSync(
  path: string,
  { recursive = false }: { recursive?: boolean } = {},
): void {
  fs.rmSync(path, { recursive });
}

/** What tests ask of a file. */
interface FileInfo {
  isFile: boolean;
  isSocket: boolean;
  mode: number;
  ino: number;
  mtime: Date;
  size: number;
}

function info(stats: fs.Stats): FileInfo {
  return {
    isFile: stats.isFile(),
    isSocket: stats.isSocket(),
    mode: stats.mode,
    ino: stats.ino,
    mtime: stats.mtime,
    size: stats.size,
  };
}

/** As `Deno.statSync`. */
export function statSync(path: string): FileInfo {
  return info(fs.statSync(path));
}

/** As `Deno.lstatSync`. */
export function lstatSync(path: string): FileInfo {
  return info(fs.lstatSync(path));
}

/** As `Deno.readDirSync`. */
export function readDirSync(path: string): { name: string }[] {
  return fs.readdirSync(path).map((name) => ({ name }));
}

export { mkdirSync, renameSync, symlinkSync } from "node:fs";

/** A function that returns a promise of what another returns. */
// deno-lint-ignore no-explicit-any -- any function
type Later<F extends (...args: any[]) => unknown> = (
  ...args: Parameters<F>
) => Promise<ReturnType<F>>;

// deno-lint-ignore no-explicit-any -- any function
function later<F extends (...args: any[]) => unknown>(now: F): Later<F> {
  return (...args) =>
    new Promise((resolve) => resolve(now(...args) as ReturnType<F>));
}

/** As `Deno.makeTempDir`. */
export const makeTempDir: Later<typeof makeTempDirSync> = later(
  makeTempDirSync,
);
/** As `Deno.makeTempFile`. */
export const makeTempFile: Later<typeof makeTempFileSync> = later(
  makeTempFileSync,
);
/** As `Deno.readTextFile`. */
export const readTextFile: Later<typeof readTextFileSync> = later(
  readTextFileSync,
);
/** As `Deno.remove`. */
export const remove: Later<typeof removeSync> = later(removeSync);
/** As `Deno.writeTextFile`. */
export const writeTextFile: Later<typeof writeTextFileSync> = later(
  writeTextFileSync,
);
