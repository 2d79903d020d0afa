import {
  getUmask,
  mayUmask,
  setFileMode,
  setUmask,
} from "../internal/runtime/mod.ts";

/**
 * Calls `bind`, which creates a socket's file, so that no user gets more permissions
 * than `mode` in the moment before it is set. `bind` binds in the same turn.
 *
 * Only umask can do that, which is one for the whole process: for that moment, files
 * that other threads create may get fewer permissions, never more. It needs
 * `--allow-sys`; without, the file has the permissions of the umask for that moment.
 */
export function withNarrowUmask<T>(
  mode: number | undefined,
  bind: () => T,
): T {
  if (mode === undefined || !mayUmask()) return bind();
  const before = getUmask();
  setUmask(before | (0o777 & ~mode));
  try {
    return bind();
  } finally {
    setUmask(before);
  }
}

/** Sets the permissions of a file that was just created. */
export function setMode(path: string, mode: number | undefined): void {
  if (mode !== undefined) setFileMode(path, mode);
}
