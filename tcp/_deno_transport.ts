import { type NetAddr, SOCK_STREAM } from "../address/mod.ts";
import { resetConnection } from "../internal/libc/mod.ts";
import {
  ConnTransport,
  DenoListener,
  listenWhenFree,
} from "../stream/_seam.ts";
import { plainNetAddr } from "./_net_addr.ts";
import type {
  ConnectTarget,
  ListenTarget,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";

/** A connection over `Deno.connect` and `Deno.listen`, the fastest there is. */
class DenoTransport extends ConnTransport<NetAddr, Deno.TcpConn>
  implements TcpTransport {
  #localAddr: NetAddr | undefined;
  #remoteAddr: NetAddr | undefined;

  override get localAddr(): NetAddr {
    return this.#localAddr ??= plainNetAddr(this.conn.localAddr);
  }

  override get remoteAddr(): NetAddr {
    return this.#remoteAddr ??= plainNetAddr(this.conn.remoteAddr);
  }

  get hasIdleTime(): boolean {
    return false;
  }

  reset(): boolean {
    const { localAddr, remoteAddr } = this;
    const owner = { type: SOCK_STREAM, localAddr, remoteAddr };
    return resetConnection(owner, () => this.conn.close());
  }

  setNoDelay(on: boolean): void {
    this.conn.setNoDelay(on);
  }

  setKeepAlive(on: boolean): void {
    this.conn.setKeepAlive(on);
  }
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connect(
  { hostname, port }: ConnectTarget,
  signal: AbortSignal,
): Promise<TcpTransport> {
  signal.throwIfAborted();
  const giveUp = new AbortController();
  // At the end the runtime asks the signal once more, and forgets to close the
  // connection if it stood in the very moment of the abort. With no answer it
  // hands it over, and the caller closes what comes too late.
  giveUp.signal.throwIfAborted = () => {};
  const onAbort = () => giveUp.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    const target = { hostname, port, signal: giveUp.signal };
    return new DenoTransport(await Deno.connect(target));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Listens, on a port that one of our own listeners may just have closed, too. */
export function listen(
  target: ListenTarget,
): Promise<TcpListenerTransport> {
  const { hostname, port, backlog, reusePort } = target;
  const options: Deno.TcpListenOptions = { hostname, port };
  if (backlog !== undefined) options.tcpBacklog = backlog;
  if (reusePort) Object.assign(options, { reusePort });
  return listenWhenFree(() => {
    const listener = Deno.listen(options);
    const { hostname, port } = listener.addr;
    return new DenoListener<NetAddr, Deno.TcpConn, TcpTransport>(
      listener,
      { transport: "tcp", hostname, port },
      (conn) => new DenoTransport(conn),
    );
  });
}
