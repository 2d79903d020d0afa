import type { IpAddress } from "../address/mod.ts";
import type { WaitOptions } from "../internal/wait/mod.ts";
import { defaultResolver } from "./_default_resolver.ts";
import type { HostEntry } from "./name_info.ts";

/**
 * Resolves a name to all that is known of the host: C's gethostbyname. As in
 * C, the addresses are of IPv4 alone unless `family` says otherwise.
 *
 * @throws {AddrInfoError} With an EAI_* code when there is no answer.
 *
 * @example The addresses of a host
 * ```ts
 * import { getHostByName } from "@berkeley/sockets/resolve";
 * import { assertEquals } from "@std/assert";
 *
 * const host = await getHostByName("localhost");
 * assertEquals(host.addresses.map(String), ["127.0.0.1"]);
 * ```
 */
export function getHostByName(
  name: string,
  options: WaitOptions & { readonly family?: number } = {},
): Promise<HostEntry> {
  return defaultResolver().getHostByName(name, options);
}

/**
 * Resolves an address to all that is known of the host: C's gethostbyaddr.
 *
 * @throws {AddrInfoError} With an EAI_* code when there is no answer.
 *
 * @example The name of an address
 * ```ts
 * import { getHostByAddr } from "@berkeley/sockets/resolve";
 * import { parseIpAddress } from "@berkeley/sockets/address";
 * import { assertEquals } from "@std/assert";
 *
 * const host = await getHostByAddr(parseIpAddress("127.0.0.1"));
 * assertEquals(host.name, "localhost");
 * ```
 */
export function getHostByAddr(
  address: IpAddress,
  options: WaitOptions = {},
): Promise<HostEntry> {
  return defaultResolver().getHostByAddr(address, options);
}
