/**
 * Connections and listeners wholly on libc.
 */
import type { NetAddr } from "../address/mod.ts";
import type { PosixSocket, SocketName } from "../posix/mod.ts";
import { applyOptions, requirePosix } from "../internal/libc/mod.ts";
import { PosixListener, PosixStream } from "../stream/_posix_seam.ts";
import { plainNetAddr } from "./_net_addr.ts";
import {
  type ConnectTarget,
  DEFAULT_BACKLOG,
  type ListenTarget,
  type TcpListenerTransport,
  type TcpTransport,
} from "./_transport.ts";

type Posix = typeof import("../posix/mod.ts");

/** A TCP connection over libc. */
class PosixTransport extends PosixStream<NetAddr> implements TcpTransport {
  constructor(socket: PosixSocket, remote: SocketName) {
    const local = socket.getSockName() as NetAddr;
    super(socket, plainNetAddr(local), plainNetAddr(remote as NetAddr));
  }

  get hasIdleTime(): boolean {
    return true;
  }

  reset(): boolean {
    this.socket.setSockOpt("SO_LINGER", 0);
    this.socket.close();
    return true;
  }

  setNoDelay(on: boolean): void {
    this.socket.setSockOpt("TCP_NODELAY", on);
  }

  setKeepAlive(on: boolean, idle?: number): void {
    if (idle !== undefined) this.socket.setSockOpt("TCP_KEEPIDLE", idle);
    this.socket.setSockOpt("SO_KEEPALIVE", on);
  }
}

function open(posix: Posix, hostname: string): PosixSocket {
  const { AF_INET, AF_INET6, SOCK_STREAM, socket } = posix;
  return socket(hostname.includes(":") ? AF_INET6 : AF_INET, SOCK_STREAM);
}

/** Connects; an abort ends the attempt and closes its socket. */
export async function connect(
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
export async function listen(
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
    const { hostname: at, port: own } = socket.getSockName() as NetAddr;
    return new PosixListener<NetAddr, TcpTransport>(
      socket,
      { transport: "tcp", hostname: at, port: own },
      (accepted, remote) => new PosixTransport(accepted, remote),
    );
  } catch (error) {
    socket.close();
    throw error;
  }
}
