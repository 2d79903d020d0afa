import type { UnixAddr } from "../address/mod.ts";
import {
  ConnTransport,
  DenoListener,
  listenWhenFree,
} from "../stream/_seam.ts";
import { setMode, withNarrowUmask } from "./_mode.ts";
import { SocketFile } from "./_socket_file.ts";
import {
  type ListenTarget,
  unixAddr,
  type UnixListenerTransport,
  type UnixTransport,
} from "./_transport.ts";

/** A connection over `Deno.connect` and `Deno.listen`, the fastest there is. */
class DenoTransport extends ConnTransport<UnixAddr, Deno.UnixConn>
  implements UnixTransport {
  #localAddr: UnixAddr | undefined;
  #remoteAddr: UnixAddr | undefined;

  // The runtime says null of a socket without a name.
  override get localAddr(): UnixAddr {
    return this.#localAddr ??= unixAddr(this.conn.localAddr.path);
  }

  override get remoteAddr(): UnixAddr {
    return this.#remoteAddr ??= unixAddr(this.conn.remoteAddr.path);
  }
}

/** A listener over `Deno.listen`, which removes the file of the path. */
class DenoUnixListener
  extends DenoListener<UnixAddr, Deno.UnixConn, UnixTransport> {
  readonly #file: SocketFile;

  constructor(listener: Deno.UnixListener, path: string, file: SocketFile) {
    super(listener, unixAddr(path), (conn) => new DenoTransport(conn));
    this.#file = file;
  }

  override close(): Promise<void> {
    return this.#file.removeBy(() => super.close());
  }
}

/** Connects. The runtime cannot cancel it, and the kernel never waits. */
export async function connectDeno(path: string): Promise<UnixTransport> {
  return new DenoTransport(await Deno.connect({ transport: "unix", path }));
}

/** Listens, on a path that one of our own listeners may just have closed, too. */
export function listenDeno(
  { path, mode }: ListenTarget,
): Promise<UnixListenerTransport> {
  return listenWhenFree(() => {
    const listener = withNarrowUmask(
      mode,
      () => Deno.listen({ transport: "unix", path }),
    );
    try {
      setMode(path, mode);
      return new DenoUnixListener(listener, path, new SocketFile(path));
    } catch (error) {
      listener.close();
      throw error;
    }
  });
}
