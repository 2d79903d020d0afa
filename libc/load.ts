import { socketError, type SocketErrorContext } from "../errors/mod.ts";

export type {
  GroupRequest,
  PeerCredentials,
  SocketOptionName,
  SocketOptions,
} from "../posix/mod.ts";

type Posix = typeof import("../posix/mod.ts");

let posix: Posix | undefined;

/** libc, once it has been loaded; undefined before, and where it may not be used. */
export function loadedPosix(): Posix | undefined {
  return posix?.isSupported() ? posix : undefined;
}

/** Loads libc where the program may already use FFI. Never prompts. */
export async function preloadPosix(): Promise<Posix | undefined> {
  if (posix !== undefined) return posix;
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted") return undefined;
  const loaded = await import("../posix/mod.ts");
  return posix = loaded.isSupported() ? loaded : undefined;
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
  if (loaded !== undefined) return loaded;
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  throw socketError("ENOTSUP", {
    ...context,
    reason: state === "granted"
      ? `libc cannot be used on ${Deno.build.os}`
      : "it needs libc; start the program with --allow-ffi",
  });
}
