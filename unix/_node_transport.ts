import type { UnixAddr } from "../address/mod.ts";
import type net from "node:net";
import { isDeno, requireUnix, stat } from "../internal/runtime/mod.ts";
import {
  connectSocket,
  NodeListener,
  openServer,
} from "../stream/_node_seam.ts";
import { DuplexTransport } from "../stream/_seam.ts";
import { descriptorShortage } from "./_deno_probe.ts";
import { isAbstract } from "./_path.ts";
import { setMode, withNarrowUmask } from "./_mode.ts";
import { SocketFile } from "./_socket_file.ts";
import {
  DEFAULT_BACKLOG,
  type ListenTarget,
  unixAddr,
  type UnixListenerTransport,
  type UnixTransport,
} from "./_transport.ts";

/** A connection over `node:net`, which tells no address of a local socket. */
class NodeTransport extends DuplexTransport<UnixAddr, net.Socket>
  implements UnixTransport {
  /** Local sockets have no RST. */
  override reset(): boolean {
    return false;
  }
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connectNode(
  path: string,
  signal: AbortSignal,
): Promise<UnixTransport> {
  const socket = await connectSocket({ path }, signal);
  return new NodeTransport(socket, {
    localAddr: unixAddr(""),
    remoteAddr: unixAddr(path),
  });
}

/** A server that listens, and its file. */
interface Listening {
  server: net.Server;
  file: SocketFile;
}

async function open(target: ListenTarget): Promise<Listening> {
  const { path, mode, backlog = DEFAULT_BACKLOG } = target;
  requireUnix(path); // the working directory may have changed
  let file: SocketFile | undefined;
  const explain = (error: unknown) =>
    isDeno ? error : missingFolder(path) ?? error;
  const onBound = () => {
    file = new SocketFile(path);
    setMode(path, mode);
  };
  const server = await withNarrowUmask(
    mode,
    () => openServer({ path, backlog }, { onBound, explain }),
  );
  return { server, file: file! };
}

/**
 * Returns the error of a path whose folder does not exist; undefined if it does. Node
 * says EACCES of it, as of Windows.
 */
function missingFolder(path: string): unknown {
  if (isAbstract(path)) return undefined;
  try {
    stat(path.slice(0, path.lastIndexOf("/") + 1) || ".");
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Listens. */
export async function listenNode(
  target: ListenTarget,
): Promise<UnixListenerTransport> {
  const { path, backlog } = target;
  let { server, file } = await open(target);
  return new NodeListener<UnixAddr, UnixTransport>(server, {
    addr: unixAddr(path),
    backlog,
    open: (socket) =>
      new NodeTransport(socket, {
        localAddr: unixAddr(path),
        remoteAddr: unixAddr(""),
        isNew: true,
      }),
    refuse: (socket) => socket.destroy(),
    shortage: isDeno ? () => descriptorShortage(path) : undefined,
    close: (server) => file.removeBy(() => void server.close()),
    async reopen() {
      ({ server, file } = await open(target));
      return server;
    },
  });
}
