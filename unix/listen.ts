import { socketError } from "../errors/mod.ts";
import { lackReason, openingError } from "../internal/backends/mod.ts";
import { retrace } from "../internal/wait/mod.ts";
import { type Calls, RUNTIME } from "./_backends.ts";
import {
  checkListenOptions,
  type ListenOptions,
  readListenOptions,
} from "./_listen_options.ts";
import { HERE, type UnixNetwork } from "./_network.ts";
import { checkPath, contextOf, isAbstract, type Use } from "./_path.ts";
import { listenReason } from "./_reasons.ts";
import { unixAddr, type UnixListenerTransport } from "./_transport.ts";
import type { ListenUnixOptions } from "./listen_options.ts";
import { UnixListener } from "./listener.ts";

const USE: Use = { verb: "listen on", syscall: "bind" };

/**
 * Listens on a unix socket: C's `socket`, `bind` and `listen` with AF_UNIX and
 * SOCK_STREAM. The file of the path is there until the listener is closed; a program
 * that ends by a signal or by `Deno.exit` leaves it behind, see
 * {@linkcode ListenUnixOptions.replaceStale | replaceStale}.
 *
 * A path needs `--allow-read`, `--allow-write` and `--allow-net=unix:…` for it, an
 * abstract name `--allow-net`. Nothing prompts.
 *
 * @throws {AddressInUseError} If something has the path, and is not to be replaced.
 * @throws {SocketError} `ENOENT` if there is no such folder, `ENAMETOOLONG` if the
 * path is too long (107 bytes on Linux, 103 on macOS), `ENOTSUP` on Windows.
 * @throws {PermissionDeniedError} If the program may not create files in the folder.
 * @throws {NotCapableError} If the program lacks a permission; the message names the
 * flags.
 * @throws {NotSupportedError} If an option needs another backend or a flag.
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If an option is not of its type.
 *
 * @example A path, where the program has the permissions
 * ```ts
 * import { listenUnix } from "@berkeley/sockets/unix";
 * import { NotCapableError, NotSupportedError } from "@berkeley/sockets/errors";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const path = `example-${crypto.randomUUID()}.sock`;
 * try {
 *   using listener = await listenUnix({ path, mode: 0o600 });
 *   assertEquals(listener.addr, { transport: "unix", path });
 *   assert(Deno.statSync(path).isSocket);
 * } catch (error) { // without the permissions, or on Windows
 *   assert(error instanceof NotCapableError || error instanceof NotSupportedError);
 * }
 * ```
 */
export async function listenUnix(
  options: ListenUnixOptions,
): Promise<UnixListener> {
  try {
    return await listenOver(HERE, options);
  } catch (error) {
    throw retrace(error);
  }
}

/** Listens on a host. */
export async function listenOver(
  network: UnixNetwork,
  options: ListenUnixOptions,
): Promise<UnixListener> {
  const read = readListenOptions(options);
  const path = checkPath(read.path, USE, network.system);
  checkListenOptions(read);
  const { backlog, backend = backlog === undefined ? RUNTIME : "node" } = read;
  const can = network.choose(backend);
  const context = contextOf(path, USE);
  if (backlog !== undefined && !can.backlog) {
    throw socketError("ENOTSUP", {
      ...context,
      syscall: "listen",
      reason: lackReason("backlog", { backend }),
    });
  }
  network.requirePath(path, USE);
  const calls = await can.load(context.action, "bind");
  return new UnixListener(await bind(network, calls, read), read);
}

async function bind(
  network: UnixNetwork,
  calls: Calls,
  { path, mode, backlog, replaceStale }: ListenOptions,
): Promise<UnixListenerTransport> {
  const target = { path, mode, backlog };
  const isReplacing = replaceStale && !isAbstract(path);
  try {
    return isReplacing
      ? await network.replace(target, calls)
      : await calls.listen(target);
  } catch (error) {
    throw openingError(error, {
      action: contextOf(path, USE).action,
      localAddr: unixAddr(path),
      reason: (code) =>
        isReplacing && code === "EADDRINUSE"
          ? undefined // what was in the way is said already
          : listenReason(path, code),
    }, "bind");
  }
}
