import { SOCK_STREAM } from "../address/mod.ts";
import { resetConnection } from "../internal/libc/mod.ts";
import { ConnTransport } from "../stream/_seam.ts";
import { plainNetAddr } from "./_net_addr.ts";
import type {
  ConnectTarget,
  ListenTarget,
  TcpListenerTransport,
  TcpTransport,
} from "./_transport.ts";

/** A connection over `Deno.connect` and `Deno.listen`, the fastest there is. */
class DenoTransport extends ConnTransport<Deno.NetAddr, Deno.TcpConn>
  implements TcpTransport {
  #localAddr: Deno.NetAddr | undefined;
  #remoteAddr: Deno.NetAddr | undefined;

  override get localAddr(): Deno.NetAddr {
    return this.#localAddr ??= plainNetAddr(this.conn.localAddr);
  }

  override get remoteAddr(): Deno.NetAddr {
    return this.#remoteAddr ??= plainNetAddr(this.conn.remoteAddr);
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

/**
 * Accepts that were pending when their listener was closed: until they have
 * ended, the runtime keeps the port.
 */
const ending = new Set<Promise<unknown>>();

/** A listener over `Deno.listen`. */
class DenoListenerTransport implements TcpListenerTransport {
  readonly backend = "deno";
  readonly addr: Deno.NetAddr;
  readonly #listener: Deno.TcpListener;
  #accepting: Promise<Deno.TcpConn> | undefined;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    const { hostname, port } = listener.addr;
    this.addr = { transport: "tcp", hostname, port };
  }

  async accept(): Promise<TcpTransport> {
    for (;;) {
      this.#accepting = this.#listener.accept();
      try {
        return new DenoTransport(await this.#accepting);
      } catch (error) {
        // The runtime asks for the peer's address after C's accept, and drops a
        // connection that was reset before. That is no fault of the listener,
        // and nobody's business: go on to the next.
        if (!(error instanceof Deno.errors.NotConnected)) throw error;
      } finally {
        this.#accepting = undefined;
      }
    }
  }

  close(): Promise<void> {
    // The program must not end before the port is free, if somebody waits for it.
    if (this.#accepting !== undefined) this.#listener.ref();
    this.#listener.close();
    if (this.#accepting === undefined) return Promise.resolve();
    const end = this.#accepting.then(() => {}, () => {});
    ending.add(end);
    end.then(() => ending.delete(end));
    return end;
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connectDeno(
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

/**
 * Whether `reusePort` may be asked for: without `--unstable-net` the runtime
 * ends the process over it instead of throwing.
 */
export function denoHasReusePort(): boolean {
  const { listenDatagram } = Deno as { listenDatagram?: unknown };
  return typeof listenDatagram === "function";
}

/** Listens, on a port that one of our own listeners may just have closed, too. */
export async function listenDeno(
  target: ListenTarget,
): Promise<TcpListenerTransport> {
  const { hostname, port, backlog, reusePort } = target;
  const options: Deno.TcpListenOptions = { hostname, port };
  if (backlog !== undefined) options.tcpBacklog = backlog;
  if (reusePort) Object.assign(options, { reusePort });
  try {
    return new DenoListenerTransport(Deno.listen(options));
  } catch (error) {
    const isOurs = error instanceof Deno.errors.AddrInUse && ending.size > 0;
    if (!isOurs) throw error;
    await Promise.all(ending);
    return new DenoListenerTransport(Deno.listen(options));
  }
}
