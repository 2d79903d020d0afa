import { isShortage } from "../internal/backends/mod.ts";
import { listenFailure } from "./_listen_failure.ts";

/**
 * Returns the runtime's error if the process has no descriptor left for another
 * socket, else undefined. It binds a socket to an address that is taken: that
 * opens one if it can, and leaves nothing behind.
 */
export function descriptorShortage(
  address: { hostname: string; port: number },
): unknown {
  const error = listenFailure(address);
  return error !== undefined && isShortage(error) ? error : undefined;
}
