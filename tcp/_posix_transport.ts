/**
 * Connections and listeners wholly on libc.
 */
import type { PosixSocket, SocketName } from "../posix/mod.ts";
import { applyOptions, requirePosix } from "../internal/libc/mod.ts";
import { plainNetAddr } from "./_net_addr.ts";
import {
  type ConnectTarget,
  DEFAULT_BACKLOG,
  firstPiece,
  type ListenerTransport,
  type ListenTarget,
  type StreamTransport,
} from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

function netAddr(name: SocketName): Deno.NetAddr {
  return plainNetAddr(name as { hostname: string; port: number });
}

const endOrCount = (count: number): number | null => count === 0 ? null : count;

/** A connection over libc. */
class PosixTransport implements StreamTransport {
  readonly backend = "posix";
  readonly localAddr: Deno.NetAddr;
  readonly remoteAddr: Deno.NetAddr;
  readonly #socket: PosixSocket;

  constructor(socket: PosixSocket, remoteAddr: SocketName) {
    this.#socket = socket;
    this.localAddr = netAddr(socket.getSockName());
    this.remoteAddr = netAddr(remoteAddr);
  }

  get descriptor(): number {
    return this.#socket.fd;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#socket.recv(buffer).then(endOrCount);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.send(firstPiece(bytes));
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

  setKeepAlive(on: boolean, idle?: number): boolean {
    if (idle !== undefined) this.#socket.setSockOpt("TCP_KEEPIDLE", idle);
    this.#socket.setSockOpt("SO_KEEPALIVE", on);
    return true;
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  detach(): undefined {
    return undefined;
  }
}

/** A listener over libc. */
class PosixListenerTransport implements ListenerTransport {
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

  async accept(): Promise<StreamTransport> {
    const { socket, address } = await this.#socket.accept();
    return new PosixTransport(socket, address);
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
): Promise<StreamTransport> {
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
): Promise<ListenerTransport> {
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
