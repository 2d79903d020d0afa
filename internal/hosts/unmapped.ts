import { tryParseIpAddress } from "../../address/mod.ts";

/**
 * Returns the address as users see it: an IPv4-mapped address, such as the IPv4 peer
 * of a dual-stack socket, as IPv4. An IPv4-compatible one (`::192.0.2.1`) is
 * canonical: Deno 2.9 writes its last groups in hexadecimal.
 */
export function unmapped(hostname: string): string {
  return hostname.startsWith("::") && hostname.length > "::1".length
    ? tryParseIpAddress(hostname)?.unmap().toString() ?? hostname
    : hostname;
}
