import { INSPECT } from "../internal/runtime/mod.ts";
import type { NetAddr } from "../errors/mod.ts";
import { IpAddress, parseIpAddress, tryParseIpAddress } from "./ip_address.ts";
import { checkPort } from "./port.ts";

/**
 * An IP address and a port: a value that never changes, C's `sockaddr_in` and
 * `sockaddr_in6` in one.
 *
 * @example From text, and to what Deno's calls take
 * ```ts
 * import { parseSocketAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const address = parseSocketAddress("[::1]:80");
 * assertEquals(address.hostname, "::1");
 * assertEquals(address.toNetAddr("tcp"), {
 *   transport: "tcp",
 *   hostname: "::1",
 *   port: 80,
 * });
 * ```
 */
export class SocketAddress {
  /** The IP address. */
  readonly ip: IpAddress;
  /** The port, 0 to 65535. */
  readonly port: number;

  /**
   * Makes a socket address.
   *
   * @throws {TypeError} If `ip` is no {@linkcode IpAddress}.
   * @throws {RangeError} If the port is not an integer from 0 to 65535.
   */
  constructor(ip: IpAddress, port: number) {
    if (!(ip instanceof IpAddress)) {
      throw new TypeError(
        "Cannot make a socket address: its ip must be an IpAddress; SocketAddress.from() takes a hostname and a port",
      );
    }
    this.ip = ip;
    this.port = checkPort(port);
  }

  /**
   * Makes a socket address from a `Deno.NetAddr`, such as `conn.remoteAddr`, or
   * from any object with the same `hostname` and `port`.
   *
   * @throws {TypeError} If it has no `hostname`, as a unix address.
   * @throws {SyntaxError} If `hostname` is not an IP address.
   * @throws {RangeError} If the port is not an integer from 0 to 65535.
   *
   * @example The address of a listener
   * ```ts
   * import { SocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
   * const address = SocketAddress.from(listener.addr);
   * assertEquals(address.ip.isLoopback(), true);
   * assertEquals(address.port, listener.addr.port);
   * ```
   */
  static from(
    address: NetAddr | { hostname: string; port: number },
  ): SocketAddress {
    const { hostname, port } = address;
    if (typeof hostname !== "string") {
      throw new TypeError(
        "Cannot make a socket address: it needs a hostname and a port",
      );
    }
    return new SocketAddress(parseIpAddress(hostname), port);
  }

  /** 4 or 6. */
  get family(): 4 | 6 {
    return this.ip.family;
  }

  /** The text of the IP address, zone included. */
  get hostname(): string {
    return this.ip.toString();
  }

  /**
   * The runtime's plain shape of it.
   *
   * @example To what the runtime takes
   * ```ts
   * import { parseSocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(parseSocketAddress("[::1]:53").toNetAddr("udp"), {
   *   transport: "udp",
   *   hostname: "::1",
   *   port: 53,
   * });
   * ```
   */
  toNetAddr(transport: "tcp" | "udp"): NetAddr {
    return { transport, hostname: this.hostname, port: this.port };
  }

  /**
   * Whether both are the same address and port.
   *
   * @example One address, written twice
   * ```ts
   * import { parseSocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const address = parseSocketAddress("[::1]:80");
   * assertEquals(address.equals(parseSocketAddress("[0:0::1]:80")), true);
   * assertEquals(address.equals(parseSocketAddress("[::1]:81")), false);
   * ```
   */
  equals(other: SocketAddress): boolean {
    return this.port === other.port && this.ip.equals(other.ip);
  }

  /**
   * Less than 0, 0, or more: by IP address, then by port.
   *
   * @example In order
   * ```ts
   * import { parseSocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const addresses = ["[::1]:1", "192.0.2.1:443", "192.0.2.1:80"]
   *   .map(parseSocketAddress);
   * addresses.sort((a, b) => a.compare(b));
   * assertEquals(addresses.map(String), [
   *   "192.0.2.1:80",
   *   "192.0.2.1:443",
   *   "[::1]:1",
   * ]);
   * ```
   */
  compare(other: SocketAddress): number {
    return this.ip.compare(other.ip) || this.port - other.port;
  }

  /**
   * `127.0.0.1:80` or `[::1]:80`.
   *
   * @example As URLs have it
   * ```ts
   * import { SocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const address = SocketAddress.from({ hostname: "::1", port: 80 });
   * assertEquals(`http://${address}/`, "http://[::1]:80/");
   * ```
   */
  toString(): string {
    return formatHostPort(this.hostname, this.port);
  }

  /**
   * The text, so that an address reads well in JSON.
   *
   * @example In JSON
   * ```ts
   * import { parseSocketAddress } from "@berkeley/sockets/address";
   * import { assertEquals } from "@std/assert";
   *
   * const peer = parseSocketAddress("192.0.2.1:80");
   * assertEquals(JSON.stringify({ peer }), '{"peer":"192.0.2.1:80"}');
   * ```
   */
  toJSON(): string {
    return this.toString();
  }

  static { // how the console shows it; private fields would show nothing
    Object.defineProperty(this.prototype, INSPECT, {
      value(this: SocketAddress) {
        return `SocketAddress(${this})`;
      },
    });
  }
}

/**
 * A host and a port as one text, the host in brackets where it has colons.
 *
 * @example Both families, and a name
 * ```ts
 * import { formatHostPort } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatHostPort("::1", 80), "[::1]:80");
 * assertEquals(formatHostPort("localhost", 80), "localhost:80");
 * ```
 */
export function formatHostPort(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/**
 * Parses `127.0.0.1:80` or `[::1]:80`, with a zone or without.
 *
 * @throws {SyntaxError} When the text is anything else; names are not looked up.
 *
 * @example Both families
 * ```ts
 * import { parseSocketAddress } from "@berkeley/sockets/address";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseSocketAddress("192.0.2.1:53").port, 53);
 * assertEquals(parseSocketAddress("[fe80::1%eth0]:53").ip.zone, "eth0");
 * assertThrows(() => parseSocketAddress("::1:53"), SyntaxError);
 * ```
 */
export function parseSocketAddress(text: string): SocketAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(0|[1-9]\d{0,4})$/.exec(text);
  if (match !== null) {
    const [, v6, v4, port] = match;
    const ip = tryParseIpAddress(v6 ?? v4!);
    const isRightForm = ip?.family === (v6 === undefined ? 4 : 6);
    if (ip !== undefined && isRightForm && Number(port) <= 0xffff) {
      return new SocketAddress(ip, Number(port));
    }
  }
  throw new SyntaxError(
    `Cannot parse ${JSON.stringify(text)}: not an IP address and a port`,
  );
}
