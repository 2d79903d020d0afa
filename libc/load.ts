import { socketError, type SocketErrorContext } from "../errors/mod.ts";

export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../posix/mod.ts";

type Posix = typeof import("../posix/mod.ts");

let posix: Posix | undefined;

function isGranted(): boolean {
  return Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** Whether the program may use FFI, on a system that has what it takes. */
export function mayLoadPosix(): boolean {
  const { os } = Deno.build;
  return (os === "linux" || os === "darwin") && isGranted();
}

/** The module, once it has been loaded, where the program may still use FFI. */
export function loadedPosix(): Posix | undefined {
  return posix !== undefined && isGranted() ? posix : undefined;
}

/**
 * Loads the module where the program may already use FFI: not libc itself, which
 * waits until somebody needs it. Never prompts.
 */
export async function preloadPosix(): Promise<Posix | undefined> {
  if (!mayLoadPosix()) return undefined;
  return posix ??= await import("../posix/mod.ts");
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
  throw socketError("ENOTSUP", {
    ...context,
    reason: isGranted()
      ? `libc cannot be used on ${Deno.build.os}`
      : "it needs libc; start the program with --allow-ffi",
  });
}
