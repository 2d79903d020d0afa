import type { NetAddr } from "../address/mod.ts";
import { unmapped } from "../internal/hosts/mod.ts";

/** The plain address, an IPv4 peer of a dual-stack listener as IPv4. */
export function plainNetAddr(
  { hostname, port }: { hostname: string; port: number },
): NetAddr {
  return { transport: "tcp", hostname: unmapped(hostname), port };
}
