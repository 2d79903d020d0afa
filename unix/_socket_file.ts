import {
  type FileInfo,
  isGranted,
  linkFile,
  lstat,
  removeFile,
  renameFile,
  workingFolder,
} from "../internal/runtime/mod.ts";
import { isAbstract } from "./_path.ts";

/** What tells one file from another, also of the same path. */
interface FileId {
  readonly dev: number;
  readonly ino: number | null;
}

/** Returns the file that has a path now, which is not followed if it is a link. */
export function fileAt(path: string): FileInfo | undefined {
  try {
    return lstat(path);
  } catch {
    return undefined;
  }
}

/**
 * The file of a listening socket. As long as the socket is open, no other file gets
 * its number: so a file with that number is this one.
 */
export class SocketFile {
  /** As the listener has it. */
  readonly #path: string;
  /** The same from the root on, unless the working directory is unknown. */
  readonly #fullPath: string;
  readonly #id: FileId | undefined;

  /** The file of a socket that was just bound to a path or an abstract name. */
  constructor(path: string) {
    this.#path = path;
    this.#fullPath = absolute(path);
    this.#id = isAbstract(path) ? undefined : fileAt(path);
  }

  #isAt(path: string): boolean {
    const id = this.#id;
    const now = id && fileAt(path);
    return now !== undefined && now.dev === id!.dev && now.ino === id!.ino;
  }

  /** Removes it, if it still has its path. For a socket that is still open. */
  remove(): void {
    if (!this.#isAt(this.#fullPath)) return;
    try {
      removeFile(this.#fullPath);
    } catch {
      // The folder is read-only now; the listener is to be closed anyway.
    }
  }

  /**
   * Calls `close`, by which the runtime removes whatever has the path by then, and
   * sees to it that nothing but this file goes.
   */
  async removeBy(close: () => void | Promise<void>): Promise<void> {
    const isOurs = this.#id === undefined || this.#isAt(this.#path);
    if (isOurs) return await close();
    this.remove(); // where the working directory has changed
    const putBack = setAside(this.#path);
    try {
      await close();
    } finally {
      putBack();
    }
  }
}

/** The path from the root on; as it is, if the working directory is unknown. */
function absolute(path: string): string {
  if (path.startsWith("/") || isAbstract(path)) return path;
  try {
    return `${workingFolder()}/${path}`;
  } catch {
    return path;
  }
}

/** Keeps a file under another name, and returns the function that puts it back. */
function setAside(path: string): () => void {
  const file = fileAt(path);
  const spare = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  if (file === undefined || file.isDirectory || !mayUse(spare)) return () => {};
  try {
    keep(path, spare);
  } catch {
    return () => {}; // the folder is read-only: the runtime cannot remove it either
  }
  return () => {
    try {
      if (fileAt(path) === undefined) renameFile(spare, path);
      else removeFile(spare); // it was not removed, or there is a newer one
    } catch {
      // The folder has become read-only: it keeps the other name.
    }
  };
}

/** By a second name, so that the first one stays until the runtime removes it. */
function keep(path: string, spare: string): void {
  try {
    linkFile(path, spare);
  } catch {
    renameFile(path, spare); // another user's, or a system without links
  }
}

function mayUse(path: string): boolean {
  return (["read", "write"] as const).every((name) =>
    isGranted({ name, path })
  );
}
