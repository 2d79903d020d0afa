import { socketError, type SocketErrorContext } from "../../errors/mod.ts";
import { libcPaths } from "../runtime/mod.ts";

export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../../posix/mod.ts";

type Posix = typeof import("../../posix/mod.ts");

let posix: Posix | undefined;

/** Whether the program may open libc, on a system that `posix` supports. */
export function mayLoadPosix(): boolean {
  return libcPaths().length > 0;
}

/** The module, once it has been loaded, where the program may still open libc. */
export function loadedPosix(): Posix | undefined {
  return posix !== undefined && mayLoadPosix() ? posix : undefined;
}

/**
 * Loads the module where the program may already open libc. libc itself is loaded
 * when it is first needed. Never prompts.
 */
export async function preloadPosix(): Promise<Posix | undefined> {
  if (!mayLoadPosix()) return undefined;
  return posix ??= await import("../../posix/mod.ts");
}

/**
 * Whether libc carries the sockets of who has not asked for it: on Linux, for
 * programs that may use it. Never prompts.
 */
export async function mayChoosePosix(): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  return (await preloadPosix())?.isSupported() ?? false;
}

/**
 * Loads libc.
 *
 * @throws {NotSupportedError} When the program may not use FFI, or the system is
 * not one that `posix` knows.
 */
export async function requirePosix(
  context: SocketErrorContext,
): Promise<Posix> {
  const loaded = await preloadPosix();
  if (loaded?.isSupported()) return loaded;
  const { os } = Deno.build;
  const isKnown = os === "linux" || os === "darwin";
  throw socketError("ENOTSUP", {
    ...context,
    reason: isKnown && !mayLoadPosix()
      ? "it needs libc; start the program with --allow-ffi"
      : `libc cannot be used on ${os}`,
  });
}
