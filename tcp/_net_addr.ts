import { tryParseIpAddress } from "../address/mod.ts";

/** The plain address, an IPv4 peer of a dual-stack listener as IPv4. */
export function plainNetAddr(
  { hostname, port }: { hostname: string; port: number },
): Deno.NetAddr {
  const isMapped = hostname.startsWith("::ffff:");
  return {
    transport: "tcp",
    hostname: isMapped
      ? tryParseIpAddress(hostname)?.unmap().toString() ?? hostname
      : hostname,
    port,
  };
}
