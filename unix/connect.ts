import { socketError, toSocketError } from "../errors/mod.ts";
import { checkChoice, checkCount } from "../internal/check/mod.ts";
import {
  checkWait,
  retrace,
  waitFor,
  type WaitOptions,
} from "../internal/wait/mod.ts";
import { type Backend, BACKEND_NAMES, RUNTIME } from "./_backends.ts";
import { HERE, type UnixNetwork } from "./_network.ts";
import { checkPath, contextOf, type Use } from "./_path.ts";
import { pause } from "./_pause.ts";
import { connectReason } from "./_reasons.ts";
import type { UnixBackend, UnixTransport } from "./_transport.ts";
import { UnixConn } from "./conn.ts";

const USE: Use = { verb: "connect to", syscall: "connect" };
/** The first and the longest pause before a full queue is tried again, in ms. */
const MIN_PAUSE = 1;
const MAX_PAUSE = 50;

/** Where to connect, and how. */
export interface ConnectUnixOptions extends WaitOptions {
  /**
   * The path of the socket, or on Linux an abstract name, which begins with `"\0"`.
   */
  path: string;
  /**
   * How many queued bytes make `send` wait: 1 or more.
   *
   * @default {262144}
   */
  highWaterMark?: number | undefined;
  /**
   * Which API carries the connection. `"posix"` is libc, and needs a program started
   * with `--allow-ffi`. Defaults to the runtime's own API: `"deno"`, or `"node"` in
   * Node and Bun.
   */
  backend?: UnixBackend | undefined;
}

/**
 * Connects to a unix socket: C's `socket` and `connect` with AF_UNIX and SOCK_STREAM.
 *
 * A path needs `--allow-read`, `--allow-write` and `--allow-net=unix:…` for it, an
 * abstract name `--allow-net`. Nothing prompts. While the listener's queue is full,
 * it waits, as C's `connect` does.
 *
 * @throws {SocketError} `ENOENT` if there is no socket at the path, `ENAMETOOLONG`
 * if the path is too long (107 bytes on Linux, 103 on macOS), `ENOTSUP` on Windows.
 * @throws {ConnectionRefusedError} If no program listens on it.
 * @throws {PermissionDeniedError} If the file's permissions do not allow it.
 * @throws {NotCapableError} If the program lacks a permission; the message names the
 * flags.
 * @throws {TypeError} If an option is not of its type.
 *
 * @example A connection over an abstract name, which only Linux has
 * ```ts
 * import { connectUnix, listenUnix } from "@berkeley/sockets/unix";
 * import { assertEquals } from "@std/assert";
 *
 * if (Deno.build.os === "linux") {
 *   const path = `\0example-${crypto.randomUUID()}`;
 *   using listener = await listenUnix({ path });
 *   using client = await connectUnix({ path, timeout: 5000 });
 *   using server = await listener.accept();
 *   await client.send("hello\n");
 *   assertEquals(await server.readLine(), "hello");
 * }
 * ```
 */
export async function connectUnix(
  options: ConnectUnixOptions,
): Promise<UnixConn> {
  try {
    return await connectOver(HERE, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Connects on a host. */
export async function connectOver(
  network: UnixNetwork,
  options: ConnectUnixOptions,
): Promise<UnixConn> {
  const { path: given, highWaterMark, backend = RUNTIME } = options;
  const { signal, timeout } = options;
  const path = checkPath(given, USE, network.system);
  checkCount("highWaterMark", highWaterMark);
  checkChoice("backend", backend, BACKEND_NAMES);
  const wait = checkWait({ signal, timeout });
  network.requirePath(path, USE);

  const giveUp = new AbortController();
  const connecting = connectWhenRoom(
    path,
    network.choose(backend),
    giveUp.signal,
  );
  const transport = await waitFor(
    connecting,
    wait,
    () => socketError("ETIMEDOUT", contextOf(path, USE)),
    (reason) => {
      giveUp.abort(reason);
      // It may have connected in that very moment.
      connecting.then((late) => late.close(), () => {});
    },
  );
  return new UnixConn(transport, { highWaterMark });
}

/** Connects, again and again while the listener's queue is full. */
async function connectWhenRoom(
  path: string,
  backend: Backend,
  signal: AbortSignal,
): Promise<UnixTransport> {
  const context = contextOf(path, USE);
  const { connect } = await backend.load(context.action, "connect");
  for (let ms = MIN_PAUSE;; ms = Math.min(ms * 2, MAX_PAUSE)) {
    signal.throwIfAborted();
    try {
      return await connect(path, signal);
    } catch (error) {
      signal.throwIfAborted();
      const made: Error & { code?: string } = toSocketError(error, {
        action: context.action,
      });
      const { code = "" } = made;
      if (code !== "EAGAIN") {
        throw toSocketError(made, {
          ...context,
          reason: connectReason(path, code),
        });
      }
    }
    await pause(ms, signal);
  }
}
