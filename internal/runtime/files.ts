import type { Stats } from "node:fs";
import { isGranted } from "./permission.ts";
import { builtIn, isDeno, nodeProcess } from "./runtime.ts";

type Fs = typeof import("node:fs");
type Threads = typeof import("node:worker_threads");

/** What the system knows of a file. */
export interface FileInfo {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  /** Whether it is a unix socket; null on a system without them. */
  readonly isSocket: boolean | null;
  /** The size in bytes. */
  readonly size: number;
  /** When its contents changed; null on a system that does not say. */
  readonly mtime: Date | null;
  /** The device, and the number there; the number is null if there is none. */
  readonly dev: number;
  readonly ino: number | null;
}

function infoOf(stats: Stats): FileInfo {
  const { size, mtime, dev, ino } = stats;
  return {
    ...{ size, mtime, dev, ino },
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSocket: stats.isSocket(),
  };
}

/** Returns what the system knows of a file; of its target, if it is a link. */
export function stat(path: string): FileInfo {
  return isDeno
    ? Deno.statSync(path)
    : infoOf(builtIn<Fs>("node:fs").statSync(path));
}

/** Returns what the system knows of a file; of the link itself, if it is one. */
export function lstat(path: string): FileInfo {
  return isDeno
    ? Deno.lstatSync(path)
    : infoOf(builtIn<Fs>("node:fs").lstatSync(path));
}

/** Returns the contents of a file as text. */
export function readTextFile(path: string): string {
  return isDeno
    ? Deno.readTextFileSync(path)
    : builtIn<Fs>("node:fs").readFileSync(path, "utf8");
}

/** Removes a file. */
export function removeFile(path: string): void {
  if (isDeno) Deno.removeSync(path);
  else builtIn<Fs>("node:fs").unlinkSync(path);
}

/** Gives a file another path, whose file it replaces. */
export function renameFile(from: string, to: string): void {
  if (isDeno) Deno.renameSync(from, to);
  else builtIn<Fs>("node:fs").renameSync(from, to);
}

/** Gives a file a second path. */
export function linkFile(path: string, second: string): void {
  if (isDeno) Deno.linkSync(path, second);
  else builtIn<Fs>("node:fs").linkSync(path, second);
}

/** Sets the permission bits of a file. */
export function setFileMode(path: string, mode: number): void {
  if (isDeno) Deno.chmodSync(path, mode);
  else builtIn<Fs>("node:fs").chmodSync(path, mode);
}

/** Returns the working directory; throws if it was removed or is not permitted. */
export function workingFolder(): string {
  return isDeno ? Deno.cwd() : nodeProcess().cwd();
}

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

/** Whether the program may change umask. Workers of Node cannot. Never prompts. */
export function mayUmask(): boolean {
  return isDeno
    ? isGranted({ name: "sys", kind: "umask" })
    : builtIn<Threads>("node:worker_threads").isMainThread;
}

/** Sets umask, and returns what it was. */
export function setUmask(mask: number): number {
  return isDeno ? Deno.umask(mask) : nodeProcess().umask(mask);
}

/** Returns umask. */
export function getUmask(): number {
  return isDeno ? Deno.umask() : nodeProcess().umask();
}
