import { isDeno, MACHINE, SYSTEM } from "./runtime.ts";
import { type PermissionState, permissionState } from "./permission.ts";

/** Where Linux systems keep libc, for each machine that the tables know. */
const LINUX_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  x86_64: ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"],
  aarch64: ["/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu"],
};
const COMMON_FOLDERS = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/** What the dynamic linker knows libc by. */
const LINUX_NAME = "libc.so.6";
const DARWIN_PATH = "/usr/lib/libSystem.B.dylib";

/** Whether `posix` knows the layouts and numbers of this system. */
const HAS_TABLES = LINUX_FOLDERS[MACHINE] !== undefined &&
  (SYSTEM === "linux" || SYSTEM === "darwin");

function ffi(path?: string): PermissionState {
  return permissionState(
    path === undefined ? { name: "ffi" } : { name: "ffi", path },
  );
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
  if (!isDeno || !HAS_TABLES) return [];
  const { state, partial } = ffi();
  const name = SYSTEM === "linux" ? LINUX_NAME : DARWIN_PATH;
  if (state === "granted" && !partial) return [name];
  if (state === "denied") return [];
  const paths = SYSTEM === "darwin"
    ? [DARWIN_PATH]
    : [...LINUX_FOLDERS[MACHINE]!, ...COMMON_FOLDERS].map((folder) =>
      `${folder}/${name}`
    );
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
  if (!isDeno) return { code: "ENOTSUP", reason: "posix needs Deno" };
  return HAS_TABLES
    ? {
      code: "ENOTCAPABLE",
      reason: "it needs ffi access, run again with the --allow-ffi flag",
    }
    : {
      code: "ENOTSUP",
      reason: `posix does not support ${SYSTEM} on ${MACHINE}`,
    };
}
