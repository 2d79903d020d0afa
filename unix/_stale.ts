import { socketError, toSocketError } from "../errors/mod.ts";
import { isInUse } from "../internal/backends/mod.ts";
import {
  type FolderLock,
  openFolderLock,
  removeFile,
} from "../internal/runtime/mod.ts";
import type { Calls } from "./_backends.ts";
import { pause } from "./_pause.ts";
import { fileAt } from "./_socket_file.ts";
import type { ListenTarget, UnixListenerTransport } from "./_transport.ts";

/**
 * How many connects in a row must be refused, and the pause between them in
 * milliseconds. A program that starts refuses in the moment between C's bind and
 * listen; on macOS, a listener whose queue is full does so, too.
 */
const REFUSALS = 3;
const BETWEEN = 10;

/** The most attempts for a path that other programs replace at the same time. */
const MAX_ATTEMPTS = 3;

/** How long to wait for the lock, and the pause between two attempts, in ms. */
const LOCK_TIME = 1000;
const LOCK_PAUSE = 5;

/**
 * Listens, and if the path is taken by the socket of a program that has ended,
 * removes that and listens again.
 *
 * The lock keeps others who replace a socket of this folder out until this one
 * listens: each of them then meets a living listener. A program that removes the
 * path without a look can take it from any other, and nothing prevents that.
 */
export async function listenReplacing(
  target: ListenTarget,
  { connect, listen }: Calls,
): Promise<UnixListenerTransport> {
  const { path } = target;
  const lock = await lockFolder(path);
  try {
    for (let attempt = 1;; attempt++) {
      try {
        return await listen(target);
      } catch (error) {
        if (!isInUse(error) || attempt === MAX_ATTEMPTS) throw error;
      }
      await removeStale(path, connect);
    }
  } finally {
    lock?.close();
  }
}

/** Removes the socket, if no program listens on it; throws otherwise. */
async function removeStale(
  path: string,
  connect: Calls["connect"],
): Promise<void> {
  const before = fileAt(path);
  if (before === undefined) return;
  if (!before.isSocket) throw inUse("a file that is not a socket has the path");
  for (let i = 0; i < REFUSALS; i++) {
    if (i > 0) await pause(BETWEEN);
    const state = await probe(path, connect);
    if (state === "ENOENT") return;
    if (state !== "ECONNREFUSED") throw inUse(OBSTACLES[state] ?? state);
  }
  const now = fileAt(path);
  const isSame = now?.dev === before.dev && now?.ino === before.ino &&
    now?.mtime?.getTime() === before.mtime?.getTime();
  if (isSame) removeFile(path);
}

/** What the outcomes of a connect say of a path that is taken. */
const OBSTACLES: Record<string, string> = {
  connected: "another program listens on it",
  EAGAIN: "another program listens on it, whose queue is full",
  EACCES: "another user's socket has the path",
  EPROTOTYPE:
    "a socket of another type has the path, such as one for datagrams",
};

/** Connects and hangs up. */
async function probe(
  path: string,
  connect: Calls["connect"],
): Promise<string> {
  const signal = AbortSignal.timeout(LOCK_TIME); // libc's connect waits for room
  try {
    const transport = await connect(path, signal);
    await transport.close();
    return "connected";
  } catch (error) {
    if (signal.aborted) return "EAGAIN";
    const made = toSocketError(error, { action: "connect" });
    return (made as { code?: string }).code ?? made.message;
  }
}

function inUse(reason: string): Error {
  return socketError("EADDRINUSE", { action: "listen", reason });
}

/**
 * Locks the folder of a path, as `flock` does, where the program may read it. A
 * program that holds the lock for longer than a second uses the folder for something
 * else; then the path is replaced without the lock.
 */
async function lockFolder(path: string): Promise<FolderLock | undefined> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1) || ".";
  const lock = openFolderLock(folder);
  if (lock === undefined) return undefined;
  try {
    for (let waited = 0; waited < LOCK_TIME; waited += LOCK_PAUSE) {
      if (lock.tryLock()) break;
      await pause(LOCK_PAUSE);
    }
  } catch {
    // a file system without locks
  }
  return lock;
}
