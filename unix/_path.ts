import { socketError, type SocketErrorContext } from "../errors/mod.ts";
import { showValue } from "../internal/check/mod.ts";
import { missingUnixFlags, SYSTEM } from "../internal/runtime/mod.ts";
import { unixAddr } from "./_transport.ts";

/** Returns the size of C's `sun_path` in bytes. */
function sunPathOf(system: string): number {
  return system === "linux" || system === "android" ? 108 : 104;
}

/** What a path is for, as messages and errors name it. */
export interface Use {
  /** The verb, behind "Cannot". */
  readonly verb: "connect to" | "listen on";
  /** C's call. */
  readonly syscall: "connect" | "bind";
}

/** Whether it is a name of Linux that stands for no file. */
export function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

/** Returns the path as messages show it: abstract names with an `@`, as `ss` does. */
export function showPath(path: string): string {
  return path.replace(/^\0/, "@");
}

/** Returns what an error says of a path beside its code. */
export function contextOf(
  path: string,
  { verb, syscall }: Use,
): SocketErrorContext {
  const action = `${verb} ${showPath(path)}`;
  const addr = unixAddr(path);
  return syscall === "bind"
    ? { action, syscall, localAddr: addr }
    : { action, syscall, remoteAddr: addr };
}

/**
 * Returns the path if a socket of a system can have it.
 *
 * @throws {TypeError} If it is not a string, empty, or has a NUL inside.
 * @throws {SocketError} `ENAMETOOLONG` if C has no room for it; `ENOTSUP` if the
 * system has no such sockets.
 */
export function checkPath(
  path: unknown,
  use: Use,
  system: string = SYSTEM,
): string {
  if (typeof path !== "string") {
    throw new TypeError(
      `Cannot use path ${showValue(path)}: it must be a string`,
    );
  }
  const isName = isAbstract(path);
  if (path === "" || path === "\0") {
    throw new TypeError(
      `Cannot use path ${showValue(path)}: it must not be empty`,
    );
  }
  if (path.includes("\0", 1) && !isName) {
    throw new TypeError(
      `Cannot use path ${showValue(path)}: it must not contain NUL`,
    );
  }
  const fail = (code: string, reason: string) =>
    socketError(code, { ...contextOf(path, use), reason });
  if (system === "windows") {
    throw fail("ENOTSUP", "unix sockets are not supported on Windows");
  }
  if (isName && system !== "linux") {
    throw fail("ENOTSUP", "abstract names exist only on Linux; use a path");
  }
  const size = new TextEncoder().encode(path).length;
  const room = sunPathOf(system);
  const most = isName ? room : room - 1; // a path ends in NUL
  if (size <= most) return path;
  throw fail(
    "ENAMETOOLONG",
    `it has ${size} bytes, and the system allows ${most}; use a shorter path, or one relative to the working directory`,
  );
}

/**
 * Throws if the program lacks a permission that the path needs. Never prompts.
 *
 * @throws {NotCapableError} If it lacks one; the message names the flags.
 */
export function requirePath(path: string, use: Use): void {
  const flags = missingUnixFlags(path);
  if (flags.length === 0) return;
  const reason = `run again with ${flags.join(" ")}`;
  throw socketError("ENOTCAPABLE", { ...contextOf(path, use), reason });
}
