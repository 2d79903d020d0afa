import { isDeno } from "./is_deno.ts";
import { isGranted } from "./permission.ts";

/** A folder that is open, to lock it against other processes. */
export interface FolderLock {
  /**
   * Tries to lock the folder, as C's `flock` does; returns whether it has the lock.
   * Throws on a file system without locks.
   */
  tryLock(): boolean;
  /** Closes the folder, and so unlocks it. */
  close(): void;
}

/**
 * Opens a folder to lock it. Returns undefined if there is no such folder, if the
 * program may not read it, and in runtimes other than Deno: they have no locks.
 */
export function openFolderLock(folder: string): FolderLock | undefined {
  if (!isDeno || !isGranted({ name: "read", path: folder })) return undefined;
  try {
    const file = Deno.openSync(folder);
    return {
      tryLock: () => file.tryLockSync(true),
      close: () => file.close(),
    };
  } catch {
    return undefined;
  }
}
