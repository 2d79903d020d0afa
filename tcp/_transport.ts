/**
 * The seam below TCP connections and listeners: that of every stream, and what
 * only TCP has. `_backends.ts` says what each backend can do.
 */
import type { NetAddr } from "../address/mod.ts";
import type { SocketOptions } from "../internal/libc/mod.ts";
import type { ListenerTransport, StreamTransport } from "../stream/_seam.ts";
import type { DenoTcpConn } from "../stream/mod.ts";

/** Which API carries a connection. */
export type TcpBackend = "deno" | "node" | "posix";

/** What carries a connection: an API, or a simulated network. */
export type TcpCarrier = TcpBackend | "simulated";

/** How many connections wait for accept by default; as in Deno and Node. */
export const DEFAULT_BACKLOG = 511;

/** One connection as a runtime API has it. */
export interface TcpTransport extends StreamTransport<NetAddr> {
  readonly backend: TcpCarrier;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
  /** The socket, if it leads to a proxy; else the transport is one itself. */
  readonly carrier?: StreamTransport<NetAddr>;
  /** Whether it takes an idle time of keep-alive. */
  readonly hasIdleTime: boolean;
  /** TCP_NODELAY. */
  setNoDelay(on: boolean): void;
  /** SO_KEEPALIVE, and TCP_KEEPIDLE in milliseconds if it has that. */
  setKeepAlive(on: boolean, idle?: number): void;
  /** Returns the runtime's connection, if `Deno` made it, for another owner. */
  detach?(): DenoTcpConn;
}

/** One listening socket as a runtime API has it. */
export interface TcpListenerTransport
  extends ListenerTransport<NetAddr, TcpTransport> {
  readonly backend: TcpCarrier;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
}

/** How to open sockets over one API, or over one simulated host. */
export interface TcpCalls {
  /** Connects; an abort ends the attempt and closes its socket. */
  connect(target: ConnectTarget, signal: AbortSignal): Promise<TcpTransport>;
  /** Listens. */
  listen(target: ListenTarget): Promise<TcpListenerTransport>;
}

/** Where to connect from and to. */
export interface ConnectTarget {
  /** An IP address, never a name. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** The address to connect from. */
  readonly localAddress?: string | undefined;
  /** The port to connect from. */
  readonly localPort?: number | undefined;
  /** What is set before it connects, where the API can. */
  readonly socketOptions?: Partial<SocketOptions> | undefined;
}

/** Where to listen, and how. */
export interface ListenTarget {
  /** An IP address, never a name. */
  readonly hostname: string;
  /** The port; 0 for a free one. */
  readonly port: number;
  /** How many connections the kernel keeps for accept. */
  readonly backlog?: number | undefined;
  /** SO_REUSEPORT. */
  readonly reusePort?: boolean | undefined;
  /** IPV6_V6ONLY. */
  readonly ipv6Only?: boolean | undefined;
  /** What is set before it is bound, where the API can. */
  readonly socketOptions?: Partial<SocketOptions> | undefined;
}
