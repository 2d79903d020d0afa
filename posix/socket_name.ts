/** Where an IPv4 or IPv6 socket is, as a plain object. */
export interface InetName {
  /** An IP address, never a name; IPv6 may have a zone, as in `fe80::1%eth0`. */
  hostname: string;
  /** The port; 0 where the protocol has none. */
  port: number;
}

/** Where a local socket is, as a plain object. */
export interface UnixName {
  /**
   * The path; an abstract name, which Linux has, begins with `"\0"`; `""` for a
   * socket that was never bound.
   */
  path: string;
}

/**
 * What C's `struct sockaddr` says. `Deno.NetAddr`, `SocketAddress` and
 * `Deno.UnixAddr` can be passed as they are.
 */
export type SocketName = InetName | UnixName;

/** A name that nobody else can change while a call waits. */
export function copyName(name: SocketName): SocketName {
  if ("path" in name) return { path: name.path };
  return { hostname: name.hostname, port: name.port };
}

/** How a name reads in messages. */
export function showName(name: SocketName): string {
  if ("path" in name) return name.path.replace(/^\0/, "@") || "(unnamed)";
  const { hostname, port } = name;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
