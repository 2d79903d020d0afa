/** Where Linux systems keep libc, for each machine that the tables know. */
const LINUX_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"],
  aarch64: ["/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"],
};
const COMMON_FOLDERS = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/** What the dynamic linker knows libc by. */
const LINUX_NAME = "libc.so.6";
const DARWIN_PATH = "/usr/lib/libSystem.B.dylib";

function ffi(path?: string): Deno.PermissionStatus {
  const descriptor = path === undefined
    ? { name: "ffi" as const }
    : { name: "ffi" as const, path };
  return Deno.permissions.querySync(descriptor);
}

/**
 * Returns the paths by which the program may open libc, the best one first, and
 * none if it may not, or on a system that has no tables here. Never prompts.
 *
 * A program whose FFI access is limited to some libraries, as by
 * `--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6`, may open them by their path only:
 * the runtime takes a bare name for a file in the working directory then. A denied
 * path denies libc under every path, since links give it several.
 */
export function libcPaths(): readonly string[] {
  const { os, arch } = Deno.build;
  const folders = LINUX_FOLDERS[arch];
  if (folders === undefined || (os !== "linux" && os !== "darwin")) return [];
  const { state, partial } = ffi();
  const name = os === "linux" ? LINUX_NAME : DARWIN_PATH;
  if (state === "granted" && !partial) return [name];
  if (state === "denied") return [];
  const paths = os === "darwin"
    ? [DARWIN_PATH]
    : [...folders, ...COMMON_FOLDERS].map((folder) => `${folder}/${name}`);
  const states = [name, ...paths].map((path) => ffi(path).state);
  if (states.includes("denied")) return [];
  return paths.filter((_, i) => states[i + 1] === "granted");
}

/**
 * Returns why the program may not load libc, or undefined if it may: whether this is
 * a system with tables, and FFI is granted. Never prompts.
 */
export function libcObstacle(): { code: string; reason: string } | undefined {
  if (libcPaths().length > 0) return undefined;
  const { os, arch } = Deno.build;
  const isKnown = LINUX_FOLDERS[arch] !== undefined &&
    (os === "linux" || os === "darwin");
  return isKnown
    ? {
      code: "ENOTCAPABLE",
      reason: "it needs ffi access, run again with the --allow-ffi flag",
    }
    : { code: "ENOTSUP", reason: `posix does not support ${os} on ${arch}` };
}
