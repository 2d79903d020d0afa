/**
 * The seam below the connections: what each runtime API that carries a stream
 * must provide. One file implements it for one API, and alone knows that API.
 *
 * Transports report failures as the runtime has them; the classes above make
 * them ours, once.
 */
import type { SocketOptions } from "../internal/libc/mod.ts";

/** Which API carries a connection. */
export type TcpBackend = "deno" | "node" | "posix";

/** All backends. */
export const TCP_BACKENDS: readonly TcpBackend[] = ["deno", "node", "posix"];

/** How many connections wait for accept, unless the user says; as in Deno and Node. */
export const DEFAULT_BACKLOG = 511;

/** The most bytes of one write, for APIs that are silent until all of it is done. */
const MOST_AT_ONCE = 256 * 1024;

/**
 * What such an API is given at once: the counters, and so the idle timeouts, are to
 * see a slow write go on.
 */
export function firstPiece(bytes: Uint8Array): Uint8Array {
  return bytes.length > MOST_AT_ONCE ? bytes.subarray(0, MOST_AT_ONCE) : bytes;
}

/** One connection as a runtime API has it. */
export interface StreamTransport {
  /** The API. */
  readonly backend: TcpBackend;
  /** The near end. */
  readonly localAddr: Deno.NetAddr;
  /** The far end. */
  readonly remoteAddr: Deno.NetAddr;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
  /**
   * Reads what there is, at most `buffer.length` bytes; null at the end of the
   * stream. One read at a time; it ends only with the connection.
   */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes at least one byte of `bytes`. One write at a time. */
  write(bytes: Uint8Array): Promise<number>;
  /** Sends FIN. */
  closeWrite(): Promise<void>;
  /**
   * Ends the connection and whatever is pending on it; where the API needs a while
   * to let go, resolves when it has.
   */
  close(): void | Promise<void>;
  /** Ends the connection with RST, or returns false where the API cannot. */
  reset(): boolean;
  /** TCP_NODELAY. */
  setNoDelay(on: boolean): void;
  /** SO_KEEPALIVE, and TCP_KEEPIDLE in milliseconds; false where the API cannot. */
  setKeepAlive(on: boolean, idle?: number): boolean;
  /** Lets pending calls keep the program alive. */
  ref(): void;
  /** Lets the program end while calls are pending. */
  unref(): void;
  /** Gives up the runtime's connection, where it is one that `Deno` made. */
  detach(): Deno.TcpConn | undefined;
}

/** One listening socket as a runtime API has it. */
export interface ListenerTransport {
  /** The API. */
  readonly backend: TcpBackend;
  /** Where it listens. */
  readonly addr: Deno.NetAddr;
  /** The descriptor, where the API tells it. */
  readonly descriptor?: number;
  /** The next connection. One accept at a time; it ends only with the listener. */
  accept(): Promise<StreamTransport>;
  /** Ends the listener and what is pending on it; resolves when the port is free. */
  close(): Promise<void>;
  /** Lets a pending accept keep the program alive. */
  ref(): void;
  /** Lets the program end while an accept is pending. */
  unref(): void;
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
