/**
 * Connections and listeners wholly on libc.
 */
import type { PosixSocket, SocketName } from "../posix/mod.ts";
import {
  applyOptions,
  type Pause,
  POLLIN,
  POLLOUT,
  requirePosix,
  whenReady,
} from "../internal/libc/mod.ts";
import { firstPiece } from "../stream/_seam.ts";
import { plainNetAddr } from "./_net_addr.ts";
import {
  type ConnectTarget,
  DEFAULT_BACKLOG,
  type ListenTarget,
  type TcpListenerTransport,
  type TcpTransport,
} from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

function netAddr(name: SocketName): Deno.NetAddr {
  return plainNetAddr(name as { hostname: string; port: number });
}

/** A connection over libc. */
class PosixTransport implements TcpTransport {
  readonly backend = "posix";
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: PosixSocket;
  readonly #read: Pause = {};

  constructor(socket: PosixSocket, remoteAddr: SocketName) {
    this.#socket = socket;
    this.localAddr = netAddr(socket.getSockName());
    this.remoteAddr = netAddr(remoteAddr);
  }

  get descriptor(): number {
    return this.#socket.fd;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const socket = this.#socket;
    return whenReady(socket, POLLIN, () => {
      const count = socket.recvSeen(buffer);
      return count === 0 ? null : count;
    }, this.#read);
  }

  write(bytes: Uint8Array): Promise<number> {
    const socket = this.#socket;
    const piece = firstPiece(bytes);
    return whenReady(socket, POLLOUT, () => socket.sendNow(piece));
  }

  closeWrite(): Promise<void> {
    try {
      this.#socket.shutdown(1);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): Promise<void> {
    this.holdRead(true); // closing rejects the reads that wait
    return this.#socket[Symbol.asyncDispose]();
  }

  reset(): boolean {
    this.#socket.setSockOpt("SO_LINGER", 0);
    this.#socket.close();
    return true;
  }

  setNoDelay(on: boolean): void {
    this.#socket.setSockOpt("TCP_NODELAY", on);
  }

  setKeepAlive(on: boolean, idle?: number): void {
    if (idle !== undefined) this.#socket.setSockOpt("TCP_KEEPIDLE", idle);
    this.#socket.setSockOpt("SO_KEEPALIVE", on);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  holdRead(isHeld: boolean): void {
    const { stop, resume } = this.#read;
    if (resume === undefined) return;
    stop?.();
    if (isHeld) resume();
  }
}

/** A listener over libc. */
class PosixListenerTransport implements TcpListenerTransport {
  readonly backend = "posix";
  readonly addr: Deno.NetAddr;
  readonly #socket: PosixSocket;

  constructor(socket: PosixSocket) {
    this.#socket = socket;
    const { hostname, port } = socket.getSockName() as Deno.NetAddr;
    this.addr = { transport: "tcp", hostname, port };
  }

  get descriptor(): number {
    return this.#socket.fd;
  }

  accept(): Promise<TcpTransport> {
    return whenReady(this.#socket, POLLIN, () => {
      const accepted = this.#socket.acceptNow();
      return accepted && new PosixTransport(accepted.socket, accepted.address);
    });
  }

  close(): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}

function open(posix: Posix, hostname: string): PosixSocket {
  const { AF_INET, AF_INET6, SOCK_STREAM, socket } = posix;
  return socket(hostname.includes(":") ? AF_INET6 : AF_INET, SOCK_STREAM);
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connectPosix(
  target: ConnectTarget,
  signal: AbortSignal,
): Promise<TcpTransport> {
  const posix = await requirePosix({ action: "connect", syscall: "connect" });
  const { hostname, port, localAddress, localPort, socketOptions } = target;
  signal.throwIfAborted();
  const socket = open(posix, hostname);
  try {
    applyOptions(socket, socketOptions);
    if (localAddress !== undefined || localPort !== undefined) {
      const any = hostname.includes(":") ? "::" : "0.0.0.0";
      socket.bind({ hostname: localAddress ?? any, port: localPort ?? 0 });
    }
    const name = { hostname, port };
    await socket.connect(name, { signal });
    return new PosixTransport(socket, name);
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Listens, with SO_REUSEADDR as the runtime does. */
export async function listenPosix(
  target: ListenTarget,
): Promise<TcpListenerTransport> {
  const posix = await requirePosix({ action: "listen", syscall: "listen" });
  const { hostname, port, backlog, reusePort, ipv6Only } = target;
  const socket = open(posix, hostname);
  try {
    socket.setSockOpt("SO_REUSEADDR", true);
    if (reusePort) socket.setSockOpt("SO_REUSEPORT", true);
    if (hostname === "::") socket.setSockOpt("IPV6_V6ONLY", ipv6Only ?? false);
    applyOptions(socket, target.socketOptions);
    socket.bind({ hostname, port });
    socket.listen(backlog ?? DEFAULT_BACKLOG);
    return new PosixListenerTransport(socket);
  } catch (error) {
    socket.close();
    throw error;
  }
}
