import { AF_UNIX, checkPort } from "../address/mod.ts";
import { showValue } from "../internal/check/mod.ts";

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

/**
 * A copy of a name for a socket of a family. Each property is read once: what was
 * checked is what is used, whatever the caller's object does.
 *
 * @throws {TypeError} If it is not a name of the family.
 * @throws {RangeError} If the port is not an integer from 0 to 65535.
 */
export function copyName(name: SocketName, family: number): SocketName {
  if (typeof name !== "object" || name === null) {
    throw new TypeError(
      `Cannot use the address ${showValue(name)}: not an object`,
    );
  }
  if (family === AF_UNIX) {
    const { path } = name as UnixName;
    if (typeof path === "string") return { path };
    throw new TypeError(
      "Cannot use the address: a socket of AF_UNIX needs a path, as text",
    );
  }
  if ("path" in name) {
    throw new TypeError("Cannot use a path: the socket is not of AF_UNIX");
  }
  const { hostname, port } = name;
  if (typeof hostname === "string") return { hostname, port: checkPort(port) };
  throw new TypeError("Cannot use the address: its hostname must be a string");
}

/** How a name reads in messages. */
export function showName(name: SocketName): string {
  if ("path" in name) return name.path.replace(/^\0/, "@") || "(unnamed)";
  const { hostname, port } = name;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
