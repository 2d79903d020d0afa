import type { UnixBackend } from "./_transport.ts";

/** Where to listen, and how. */
export interface ListenUnixOptions {
  /**
   * The path of the socket, or on Linux an abstract name, which begins with `"\0"`
   * and stands for no file.
   */
  path: string;
  /**
   * The permission bits of the file, such as `0o660`. On Linux and macOS a program
   * needs write permission to connect. Defaults to what the umask leaves of 0o777.
   *
   * Over `"posix"` the permissions are set before anyone can connect. The others
   * create the file with them only if the program has `--allow-sys`, for umask, which
   * is one for the whole process: a file that another thread creates in that moment
   * may get fewer permissions. Else the umask decides for a moment who can connect.
   */
  mode?: number | undefined;
  /**
   * Whether to replace the socket of a program that has ended without removing it.
   * It is replaced only if connecting to it is refused, and neither a living listener
   * nor a file of another kind ever is. A living listener sees a connection that ends
   * at once.
   *
   * Programs that do this at the same time lock the folder, if they may read it, and
   * one of them wins. Without the lock, one can remove the socket of another that
   * was started within the same microseconds.
   *
   * @default {false}
   */
  replaceStale?: boolean | undefined;
  /**
   * How many connections the kernel keeps until they are accepted: the second
   * argument of C's `listen`. The kernel caps it (`net.core.somaxconn`). Over `"deno"`
   * it is 1024. Over `"node"`, up to `backlog` or 4096 connections, whichever is more,
   * wait in the program; the next one is closed.
   *
   * @default {511}
   */
  backlog?: number | undefined;
  /**
   * How many queued bytes make `send` of accepted connections wait: 1 or more.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
  /**
   * Which API carries the listener and its connections. `"posix"` is libc, and needs a
   * program started with `--allow-ffi`. Defaults to `"deno"`, and to `"node"` if a
   * backlog is given.
   */
  backend?: UnixBackend | undefined;
}
