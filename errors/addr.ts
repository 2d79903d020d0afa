/**
 * The address of an IP socket. A `Deno.NetAddr` is one, and the reverse.
 *
 * @example From an address to a connection
 * ```ts
 * import type { NetAddr } from "@berkeley/sockets/address";
 * import { connectTcp, listenTcp } from "@berkeley/sockets/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = await listenTcp({ hostname: "127.0.0.1", port: 0 });
 * const addr: NetAddr = listener.addr;
 * using conn = await connectTcp(addr);
 * assertEquals(conn.remoteAddr, addr);
 * ```
 */
export interface NetAddr {
  /** The transport protocol. */
  transport: "tcp" | "udp";
  /** The IP address in text. */
  hostname: string;
  /** The port. */
  port: number;
}

/** The address of a unix socket. A `Deno.UnixAddr` is one, and the reverse. */
export interface UnixAddr {
  /** The kind of socket. */
  transport: "unix" | "unixpacket";
  /** The path; an abstract name begins with a zero byte. */
  path: string;
}

/**
 * The address of a VSOCK socket, which connects a virtual machine and its host. A
 * `Deno.VsockAddr` is one, and the reverse.
 */
export interface VsockAddr {
  /** The transport protocol. */
  transport: "vsock";
  /** The context identifier of the machine. */
  cid: number;
  /** The port. */
  port: number;
}

/** The address of a socket of any kind: the same shapes as `Deno.Addr`. */
export type Addr = NetAddr | UnixAddr | VsockAddr;
