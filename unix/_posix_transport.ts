import type { UnixAddr } from "../address/mod.ts";
import type { PosixSocket, SocketName } from "../posix/mod.ts";
import { requirePosix } from "../internal/libc/mod.ts";
import { PosixListener, PosixStream } from "../stream/_posix_seam.ts";
import { setMode } from "./_mode.ts";
import { SocketFile } from "./_socket_file.ts";
import {
  DEFAULT_BACKLOG,
  type ListenTarget,
  unixAddr,
  type UnixListenerTransport,
  type UnixTransport,
} from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

function addrOf(name: SocketName): UnixAddr {
  return unixAddr("path" in name ? name.path : "");
}

/** A connection over libc. */
function transportOf(socket: PosixSocket, remote: SocketName): UnixTransport {
  return new PosixStream(socket, addrOf(socket.getSockName()), addrOf(remote));
}

/** A listener over libc, which does not remove the file by itself. */
class PosixUnixListener extends PosixListener<UnixAddr, UnixTransport> {
  readonly #file: SocketFile;

  constructor(socket: PosixSocket, path: string, file: SocketFile) {
    super(socket, unixAddr(path), transportOf);
    this.#file = file;
  }

  override close(): Promise<void> {
    this.#file.remove(); // while the socket is open, so that the file is known
    return super.close();
  }
}

/** The calls of this backend, once libc is loaded. */
export async function posixCalls(action: string, syscall: string): Promise<{
  connect(path: string, signal: AbortSignal): Promise<UnixTransport>;
  listen(target: ListenTarget): Promise<UnixListenerTransport>;
}> {
  const posix = await requirePosix({ action, syscall });
  return {
    connect: (path, signal) => connect(posix, path, signal),
    // deno-lint-ignore require-await -- binds in the same turn, and rejects
    listen: async (target) => listen(posix, target),
  };
}

/** Connects; an abort ends the attempt and closes its socket. */
async function connect(
  { AF_UNIX, SOCK_STREAM, socket: open }: Posix,
  path: string,
  signal: AbortSignal,
): Promise<UnixTransport> {
  const socket = open(AF_UNIX, SOCK_STREAM);
  try {
    await socket.connect({ path }, { signal });
    return transportOf(socket, { path });
  } catch (error) {
    socket.close();
    throw error;
  }
}

function listen(
  { AF_UNIX, SOCK_STREAM, socket: open }: Posix,
  { path, mode, backlog = DEFAULT_BACKLOG }: ListenTarget,
): UnixListenerTransport {
  const socket = open(AF_UNIX, SOCK_STREAM);
  let file: SocketFile | undefined;
  try {
    socket.bind({ path });
    file = new SocketFile(path);
    setMode(path, mode); // before it listens, no program can connect
    socket.listen(backlog);
    return new PosixUnixListener(socket, path, file);
  } catch (error) {
    file?.remove();
    socket.close();
    throw error;
  }
}
