import type { SocketAddress } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { defaultResolver } from "./_default_resolver.ts";
import type { NameInfo } from "./name_info.ts";

/**
 * Resolves an address and its port to the names of host and service: C's
 * getnameinfo. Without a name, the host is the address in text and the service
 * the port in digits.
 *
 * The address is a `SocketAddress` or any object with the same `hostname` and
 * `port`, such as `conn.remoteAddr` and `socket.localAddr`.
 *
 * @throws {SyntaxError} If `hostname` is not an IP address.
 * @throws {TypeError} If an argument has the wrong type.
 * @throws {AddrInfoError} `EAI_NONAME` when NI_NAMEREQD is set and there is no name, `EAI_AGAIN` when the name servers fail, `EAI_BADFLAGS` when a flag is unknown.
 *
 * @example The service on a port
 * ```ts
 * import { getNameInfo, NI_NUMERICHOST } from "@berkeley/sockets/resolve";
 * import { parseSocketAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const address = parseSocketAddress("[2001:db8::1]:443");
 * assertEquals(await getNameInfo(address, NI_NUMERICHOST), {
 *   hostname: "2001:db8::1",
 *   service: "https",
 * });
 * ```
 */
export function getNameInfo(
  address: SocketAddress | { hostname: string; port: number },
  flags = 0,
  options: WaitOptions = {},
): Promise<NameInfo> {
  return defaultResolver().getNameInfo(address, flags, options);
}
