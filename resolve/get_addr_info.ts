import { defaultResolver } from "./_default_resolver.ts";
import type { AddrInfo, AddrInfoHints } from "./addr_info.ts";

/**
 * Resolves a host and a service to addresses, in the order to try them: C's
 * getaddrinfo.
 *
 * Either of the two may be null. A service is a name or a port. Without
 * `socktype` and `protocol` there is one result for each common type of socket
 * and each address. Answers are cached; see {@linkcode Resolver} for how names
 * are looked up, and for options.
 *
 * @throws {AddrInfoError} With an EAI_* code when there is no answer.
 * @throws {RangeError} When the service is a number that is no port, or the timeout is negative.
 *
 * @example The addresses of a host to connect to
 * ```ts
 * import { getAddrInfo } from "@berkeley/sockets/resolve";
 * import { AF_INET, SOCK_STREAM } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const [info] = await getAddrInfo("localhost", "https", {
 *   family: AF_INET,
 *   socktype: SOCK_STREAM,
 *   timeout: 5000,
 * });
 * assertEquals(String(info?.address), "127.0.0.1:443");
 * ```
 *
 * @example The addresses to bind a server to
 * ```ts
 * import { AI_PASSIVE, getAddrInfo } from "@berkeley/sockets/resolve";
 * import { AF_INET6, SOCK_DGRAM } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const [info] = await getAddrInfo(null, 53, {
 *   family: AF_INET6,
 *   socktype: SOCK_DGRAM,
 *   flags: AI_PASSIVE,
 * });
 * assertEquals(String(info?.address), "[::]:53");
 * ```
 */
export function getAddrInfo(
  node: string | null,
  service: string | number | null,
  hints: AddrInfoHints = {},
): Promise<AddrInfo[]> {
  return defaultResolver().getAddrInfo(node, service, hints);
}
