/**
 * What `deno publish` would upload: prints the files with their sizes, and the
 * sum, as `deno task package`.
 *
 * @module
 */

const ROOT = new URL("../", import.meta.url);

/** A file of the package. */
export interface PackageFile {
  /** Its path below the root. */
  path: string;
  /** Its size in bytes. */
  size: number;
}

/** The files that a dry run of `deno publish` lists. */
export async function packageFiles(): Promise<PackageFile[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  if (!success) throw new Error(`deno publish --dry-run failed:\n${output}`);
  const files: PackageFile[] = [];
  for (const [, url] of output.matchAll(/^ *(file:.+) \([\d.]+[KM]?B\)$/gm)) {
    const path = url!.slice(ROOT.href.length);
    files.push({ path, size: (await Deno.stat(new URL(url!))).size });
  }
  if (files.length === 0) throw new Error(`no files are listed in:\n${output}`);
  return files;
}

function kibibytes(size: number): string {
  return `${(size / 1024).toFixed(1)} KiB`;
}

if (import.meta.main) {
  const files = await packageFiles();
  for (const { path, size } of files) {
    console.log(`${kibibytes(size).padStart(10)}  ${path}`);
  }
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const code = files.filter(({ path }) => path.endsWith(".ts"))
    .reduce((sum, { size }) => sum + size, 0);
  console.log(
    `package: ${files.length} files, ${kibibytes(total)}, ` +
      `${kibibytes(code)} of them code with its docs`,
  );
}
