import { socketError, type SocketErrorContext } from "../../errors/mod.ts";
import { isDeno, libcObstacle, SYSTEM } from "../runtime/mod.ts";

export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../../posix/mod.ts";

type Posix = typeof import("../../posix/mod.ts");

let posix: Posix | undefined;

/** Returns the module if it has been loaded, and the program may still use libc. */
export function loadedPosix(): Posix | undefined {
  return libcObstacle() === undefined ? posix : undefined;
}

/** Resolves with the module, or undefined if the program may not use libc. */
export async function findPosix(): Promise<Posix | undefined> {
  if (libcObstacle() !== undefined) return undefined;
  if (posix !== undefined) return posix;
  const loaded = await import("../../posix/mod.ts");
  return posix = loaded.isSupported() ? loaded : undefined;
}

/** Whether libc carries sockets that no backend was chosen for: on Linux only. */
export async function mayChoosePosix(): Promise<boolean> {
  return SYSTEM === "linux" && await findPosix() !== undefined;
}

/**
 * Resolves with the module.
 *
 * @throws {NotSupportedError} If the program may not use FFI, or the system is not
 * one that `posix` supports.
 */
export async function requirePosix(
  context: SocketErrorContext,
): Promise<Posix> {
  const found = await findPosix();
  if (found !== undefined) return found;
  throw socketError("ENOTSUP", {
    ...context,
    reason: !isDeno
      ? "it needs libc, which can be used in Deno only"
      : libcObstacle()?.code === "ENOTCAPABLE"
      ? "it needs libc; start the program with --allow-ffi"
      : `libc cannot be used on ${SYSTEM}`,
  });
}
